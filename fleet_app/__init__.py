"""Real-time fleet tracking on streams: positions in, answers out."""

__version__ = "0.1.0"
