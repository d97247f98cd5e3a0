"""Which partition a key belongs to: murmur2 over the raw key bytes, as Java clients and aiokafka do by default.

librdkafka must be told (`partitioner=murmur2_random`).
"""

from aiokafka.partitioner import murmur2

_POSITIVE = 0x7FFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of `key` among `partitions`."""
    hashed: int = murmur2(key)
    return (hashed & _POSITIVE) % partitions
