"""The gates that need order: could the vehicle have got from its last accepted fix to this one?"""

from math import hypot
from typing import Final

import msgspec

from fleet_app.domain.fix import Fix
from fleet_app.domain.geo import Scale, metres_per_degree, shortest_deg
from fleet_app.domain.refusals import Reason, Refusal

MAX_ACCELERATION_MPS2: Final = 9.81
"""1 g: more than any tyre gives a van."""
USUAL_ACCELERATION_MPS2: Final = 3.5
_JUMP_MPS: Final = 15.0
_JUMP_M: Final = 50.0
_JUMP_MS: Final = 20_000
"""A fix is doubtful that is over 50 m off within 20 s and needs a gain of more than 3.5 m/s2, or of 15 m/s at all."""
_RETURNED: Final = 0.25
"""There and back: within a quarter of the way out (the loops of scikit-mobility's filter)."""
UNTOLD_ACCURACY_M: Final = 10.0
"""Taken for fixes whose device tells no accuracy."""
_MOST_M_PER_DEGREE: Final = 111_700.0
AGREEING_FIXES: Final = 3
"""So many refused fixes in a row that agree with one another are right, and the anchor was wrong."""


class Hop(msgspec.Struct, frozen=True, gc=False):
    """From the last accepted fix to the next one.

    Attributes:
        elapsed_ms: Time between both.
        distance_m: Distance between both.
        implied_mps: The speed that it takes, allowing for the inaccuracy of both.
        scale: Metres per degree at the next one.
    """

    elapsed_ms: int
    distance_m: float
    implied_mps: float
    scale: Scale


class Strays(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A run of refused fixes that agree with one another: how many, and the last of them."""

    fixes: int
    last: Fix


def hop_between(last: Fix, fix: Fix) -> Hop:
    """Return the hop between two fixes, the second of which is later."""
    scale = metres_per_degree(fix.lat)
    elapsed_ms = fix.time_ms - last.time_ms
    distance_m = hypot(shortest_deg(fix.lon - last.lon) * scale[0], (fix.lat - last.lat) * scale[1])
    allowed_m = (UNTOLD_ACCURACY_M if last.accuracy_m is None else last.accuracy_m) + (
        UNTOLD_ACCURACY_M if fix.accuracy_m is None else fix.accuracy_m
    )
    surely_m = distance_m - allowed_m
    return Hop(elapsed_ms, distance_m, surely_m * 1_000 / elapsed_ms if surely_m > 0 else 0.0, scale)


def refusal_of(hop: Hop, speed_mps: float | None, max_speed_mps: float) -> Refusal | None:
    """Return why a hop is impossible; None if it is not. `speed_mps` is the speed before it, None if not known."""
    if hop.implied_mps > max_speed_mps:
        return Refusal(
            Reason.IMPLIED_SPEED,
            f"{hop.distance_m:.0f} m from the last accepted fix in {hop.elapsed_ms / 1000:g} s take "
            f"{hop.implied_mps:.0f} m/s, at most {max_speed_mps:g} allowed",
        )
    if speed_mps is None:
        return None
    gained_mps2 = (hop.implied_mps - speed_mps) * 1_000 / hop.elapsed_ms
    if gained_mps2 > MAX_ACCELERATION_MPS2:
        return Refusal(
            Reason.IMPLIED_ACCELERATION,
            f"{hop.distance_m:.0f} m in {hop.elapsed_ms / 1000:g} s, coming from {speed_mps:.1f} m/s, take "
            f"{gained_mps2:.0f} m/s2, at most {MAX_ACCELERATION_MPS2} allowed",
        )
    return None


def is_reachable(last: Fix, fix: Fix, max_speed_mps: float) -> bool:
    """Return whether a vehicle can get from one fix to a later one at all, by a plain test of speed."""
    most_m = (abs(fix.lat - last.lat) + abs(fix.lon - last.lon)) * _MOST_M_PER_DEGREE
    # Nearly always more than enough, and ten times as quick as to measure.
    if most_m * 1_000 <= max_speed_mps * (fix.time_ms - last.time_ms):
        return True
    return hop_between(last, fix).implied_mps <= max_speed_mps


def is_doubtful(hop: Hop, speed_mps: float | None, fix: Fix) -> bool:
    """Return whether the fix after this one must tell if the hop is true."""
    if hop.distance_m < _JUMP_M or hop.elapsed_ms > _JUMP_MS:
        return False
    known_mps = max(speed_mps or 0.0, fix.speed_mps or 0.0)
    return hop.implied_mps - known_mps > min(USUAL_ACCELERATION_MPS2 * hop.elapsed_ms / 1_000, _JUMP_MPS)


def excursion(hop: Hop, left_m: float, near_m: float) -> Refusal | None:
    """Return the refusal of a doubtful hop after which the vehicle is back where it was; None if it went on.

    `left_m` is how far from there it is with the fix that follows; `near_m` may be noise.
    """
    if left_m > max(_RETURNED * hop.distance_m, near_m):
        return None
    return Refusal(
        Reason.EXCURSION,
        f"{hop.distance_m:.0f} m away after {hop.elapsed_ms / 1000:g} s, and the next is back within {left_m:.0f} m",
    )


def stray(strays: Strays | None, fix: Fix, max_speed_mps: float) -> Strays:
    """Return the run of refused fixes after one more; a second one of the same time says nothing."""
    if strays is None:
        return Strays(1, fix)
    if fix.time_ms <= strays.last.time_ms:
        return strays
    hop = hop_between(strays.last, fix)
    return Strays(strays.fixes + 1 if hop.implied_mps <= max_speed_mps else 1, fix)
