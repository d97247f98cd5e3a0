"""The reorder buffer: fixes that passed the gates on arrival wait here for those that may still come before them.

They leave in the order of event time, and of content where times are equal, once the watermark has passed them; so
what is made of them does not depend on the order in which they came.
"""

from bisect import bisect_left
from typing import Final

import msgspec

from fleet_app.domain.fix import Fix, Identity, identity_of

MOST_WAITING: Final = 256
"""More would be a device gone mad; the oldest leave then without waiting."""


_FEW_WAITING: Final = 8
_MOST_BYTES: Final = 8 * 65_536
"""What waits is stored as one value, which must stay below what Kafka takes; a few always do."""


class Waiting(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A fix that is not judged yet, with the record that it came in: a refusal keeps the original bytes.

    Attributes:
        fix: The fix.
        offset: The record's place in its partition.
        received_ms: Its receive time, ms since 1970.
        key: Its raw key.
        value: Its raw value.
    """

    fix: Fix
    offset: int
    received_ms: int
    key: bytes | None
    value: bytes | None


Buffer = tuple[Waiting, ...]
"""In order."""


def order_of(waiting: Waiting) -> Identity:
    """Return what waiting fixes are ordered by."""
    return identity_of(waiting.fix)


def with_one_more(buffer: Buffer, waiting: Waiting) -> Buffer | None:
    """Return the buffer with one more fix; None if it is in there already."""
    if not buffer or buffer[-1].fix.time_ms < waiting.fix.time_ms:
        return (*buffer, waiting)
    order = order_of(waiting)
    place = bisect_left(buffer, order, key=order_of)
    if place < len(buffer) and order_of(buffer[place]) == order:
        return None
    return (*buffer[:place], waiting, *buffer[place:])


def passed(buffer: Buffer, watermark_ms: int) -> int:
    """Return how many fixes the watermark has passed, or must leave because too much waits."""
    count = 0 if len(buffer) <= _FEW_WAITING else _too_many(buffer)
    while count < len(buffer) and buffer[count].fix.time_ms < watermark_ms:
        count += 1
    return count


def _too_many(buffer: Buffer) -> int:
    count = max(0, len(buffer) - MOST_WAITING)
    size = sum(len(waiting.value or b"") for waiting in buffer[count:])
    while size > _MOST_BYTES:
        size -= len(buffer[count].value or b"")
        count += 1
    return count
