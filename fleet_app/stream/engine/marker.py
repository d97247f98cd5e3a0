"""The record that closes every commit in every changelog: how far the sources were read when it was made."""

from typing import Final

import msgspec

MARKER_KEY: Final = b"\0positions"
"""No table has a key that begins with a zero byte."""


class Marker(msgspec.Struct, frozen=True, array_like=True):
    """What a commit says of itself.

    Attributes:
        positions: The next offset of every source topic of the partition.
        time_ms: Task time, ms since 1970.
        tables: Every table that the commit went to: a table that is not among them is younger than it.
        origins: Which incarnation of each source topic the positions are of.
        views: How far the global views were read that were in force since the commit before: the next offset of each
            partition, by topic. Releases without views did not write it.
    """

    positions: dict[str, int]
    time_ms: int
    tables: list[str]
    origins: dict[str, str]
    views: dict[str, list[int]] = {}


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Marker).decode


def encode_marker(marker: Marker) -> bytes:
    """Return a marker's value."""
    return _encode(marker)


def decode_marker(value: bytes) -> Marker:
    """Return what a marker says."""
    return _decode(value)
