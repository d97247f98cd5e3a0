"""The application's agents, one per file: what it reads, which tables it owns, what it sends."""
