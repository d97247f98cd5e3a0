"""Which fixes a vehicle has had: its newest 16, packed, so that no fix is accepted twice.

Packed because it is copied with every fix and every commit, and held for every vehicle: 384 bytes in one piece instead
of some sixty objects.
"""

from bisect import bisect
from struct import Struct
from typing import Final

from fleet_app.domain.refusals import Reason, Refusal

REMEMBERED_FIXES: Final = 16
_PACKED: Final = Struct("<qdd")
_FULL_BYTES: Final = REMEMBERED_FIXES * _PACKED.size
_KEPT: Final = slice(_PACKED.size - _FULL_BYTES, None)
_pack = _PACKED.pack

Identity = tuple[int, float, float]
"""What makes two fixes of a vehicle the same one: time_ms, lat, lon."""


def pack(identities: list[Identity]) -> bytes:
    """Return the packed form of the last 16 of `identities`, which are in order."""
    return b"".join(_pack(*identity) for identity in identities[-REMEMBERED_FIXES:])


def unpack(recent: bytes) -> list[Identity]:
    """Return what is packed in `recent`, in order."""
    return list(_PACKED.iter_unpack(recent))


def remember_newest(recent: bytes, time_ms: int, lat: float, lon: float) -> bytes:
    """Return `recent` with a fix that is newer than all in it."""
    return recent[_KEPT] + _pack(time_ms, lat, lon)


def remember(recent: bytes, time_ms: int, lat: float, lon: float) -> bytes | Refusal:
    """Return `recent` with one more fix, or the refusal of one that is, or may be, a repeat."""
    identities, identity = unpack(recent), (time_ms, lat, lon)
    if identity in identities:
        return Refusal(Reason.DUPLICATE, f"a fix at time_ms {time_ms} and this position was accepted before")
    place = bisect(identities, identity)
    if place == 0 and len(identities) == REMEMBERED_FIXES:
        return Refusal(
            Reason.TOO_LATE,
            f"time_ms {time_ms} is before all of the last {REMEMBERED_FIXES} fixes (oldest {identities[0][0]}); "
            "it cannot be told from a repeat",
        )
    return pack([*identities[:place], identity, *identities[place:]])
