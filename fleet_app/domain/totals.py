"""What a vehicle has done since its first fix, as running sums; what it did in between is a difference of two."""

from math import isclose
from typing import Final

import msgspec

_SAME_M_OR_S: Final = 1e-3
"""Sums over a track that is run over again differ in their last digits; more than this is a difference."""


class Totals(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Sums over accepted fixes, and over the steps between them.

    Time is counted between two fixes whose distance in time is no silence (`states`), once: the four seconds add up to
    what the fixes cover.

    Attributes:
        fixes: Accepted fixes.
        distance_m: Metres driven; the odometer.
        moving_s: Seconds on the move.
        idle_s: Seconds standing with the ignition on.
        idle_probable_s: Seconds in short halts of a vehicle that does not tell its ignition.
        stop_s: Seconds standing otherwise.
        harsh_events: Harsh braking, acceleration and cornering.
        overspeed_s: Seconds above the speed limit of the vehicle's class.
        unseen_m: Of the metres, those between the last fix before a silence and the first one after.
    """

    fixes: int = 0
    distance_m: float = 0.0
    moving_s: float = 0.0
    idle_s: float = 0.0
    idle_probable_s: float = 0.0
    stop_s: float = 0.0
    harsh_events: int = 0
    overspeed_s: float = 0.0
    unseen_m: float = 0.0


NOTHING: Final = Totals()


def since(now: Totals, before: Totals) -> Totals:
    """Return what came to `before` to make it `now`."""
    return Totals(
        now.fixes - before.fixes,
        max(0.0, now.distance_m - before.distance_m),
        max(0.0, now.moving_s - before.moving_s),
        max(0.0, now.idle_s - before.idle_s),
        max(0.0, now.idle_probable_s - before.idle_probable_s),
        max(0.0, now.stop_s - before.stop_s),
        now.harsh_events - before.harsh_events,
        max(0.0, now.overspeed_s - before.overspeed_s),
        max(0.0, now.unseen_m - before.unseen_m),
    )


def say_the_same(one: Totals, other: Totals) -> bool:
    """Return whether two sums differ by no more than a track that is run over again makes them differ."""
    figures = zip(msgspec.structs.astuple(one), msgspec.structs.astuple(other), strict=True)
    return all(isclose(figure, another, rel_tol=0, abs_tol=_SAME_M_OR_S) for figure, another in figures)


def plus(one: Totals, other: Totals) -> Totals:
    """Return what two stretches of time add up to."""
    return Totals(
        one.fixes + other.fixes,
        one.distance_m + other.distance_m,
        one.moving_s + other.moving_s,
        one.idle_s + other.idle_s,
        one.idle_probable_s + other.idle_probable_s,
        one.stop_s + other.stop_s,
        one.harsh_events + other.harsh_events,
        one.overspeed_s + other.overspeed_s,
        one.unseen_m + other.unseen_m,
    )


def between(before: Totals, after: Totals, share: float) -> Totals:
    """Return the sums at an instant within a step, `share` of the way through it.

    Fixes and harsh events belong to the step's end.
    """
    return Totals(
        before.fixes,
        before.distance_m + (after.distance_m - before.distance_m) * share,
        before.moving_s + (after.moving_s - before.moving_s) * share,
        before.idle_s + (after.idle_s - before.idle_s) * share,
        before.idle_probable_s + (after.idle_probable_s - before.idle_probable_s) * share,
        before.stop_s + (after.stop_s - before.stop_s) * share,
        before.harsh_events,
        before.overspeed_s + (after.overspeed_s - before.overspeed_s) * share,
        before.unseen_m + (after.unseen_m - before.unseen_m) * share,
    )


def mean_moving_mps(totals: Totals) -> float | None:
    """Return distance over time on the move, m/s: the space-mean speed; None where nothing was seen to move.

    Metres of a silence took time that nobody counted, and are left out.
    """
    return max(0.0, totals.distance_m - totals.unseen_m) / totals.moving_s if totals.moving_s > 0 else None
