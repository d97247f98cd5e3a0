"""Trips and stops: a vehicle's day in turns. Between two trips lies a stop of two minutes or more, or a silence."""

from collections.abc import Sequence
from enum import StrEnum
from itertools import count
from typing import TypeGuard

import msgspec

from fleet_app.domain.totals import Totals, say_the_same


class LegKind(StrEnum):
    """What a leg is. The codes are public."""

    TRIP = "trip"
    STOP = "stop"


class Ending(StrEnum):
    """What ended a leg. The codes are public."""

    STOP = "stop"
    """A trip: the vehicle came to rest."""
    DEPARTURE = "departure"
    """A stop: the vehicle left."""
    SILENCE = "silence"
    """The vehicle told nothing for a while. Provisional: what it sends later may go on with the leg."""
    NEW_ANCHOR = "new_anchor"
    """The vehicle turned out to be elsewhere than it had told."""


class OpenLeg(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A trip or a stop that goes on.

    Attributes:
        kind: Which of both.
        start_ms: Event time of its start, ms since 1970.
        lat: Where it started, degrees, WGS84; of a stop, its middle.
        lon: The same.
        at_start: The vehicle's sums at the start.
        max_speed_mps: The highest known speed of a fix in it; None without any.
        number: What it is known by: its start as it was told first.
    """

    kind: LegKind
    start_ms: int
    lat: float
    lon: float
    at_start: Totals
    max_speed_mps: float | None
    number: int


def is_trip(leg: OpenLeg | None) -> TypeGuard[OpenLeg]:
    """Return whether a vehicle is on a trip; if not, it is at a stop, or was never seen to drive."""
    return leg is not None and leg.kind is LegKind.TRIP


class Leg(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A trip or a stop that is over.

    Attributes:
        kind: Which of both.
        start_ms: Event time of its start, ms since 1970.
        end_ms: Event time of its end.
        start_lat: Where it started, degrees, WGS84.
        start_lon: The same.
        end_lat: Where it ended; of a stop, the same place.
        end_lon: The same.
        sums: What was counted in it.
        max_speed_mps: The highest known speed of a fix in it; None without any.
        ending: What ended it.
        number: What it is known by: its start as it was told first.
    """

    kind: LegKind
    start_ms: int
    end_ms: int
    start_lat: float
    start_lon: float
    end_lat: float
    end_lon: float
    sums: Totals
    max_speed_mps: float | None
    ending: Ending
    number: int


class KeptLeg(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A leg as it was told.

    Attributes:
        leg: The leg.
        polyline: A trip's way, simplified, in Google's encoding; empty for a stop.
        revision: 1 for the first, one more for each change.
    """

    leg: Leg
    polyline: str
    revision: int


def is_same(leg: Leg, other: Leg) -> bool:
    """Return whether two legs say the same; sums over a track that is run over again differ in their last digits."""
    return msgspec.structs.replace(leg, sums=other.sums) == other and say_the_same(leg.sums, other.sums)


def numbered(before: Sequence[Leg], after: Sequence[Leg]) -> tuple[list[Leg], list[Leg]]:
    """Return the legs after a repair, each under the number of the one before that it goes on, and those that are gone.

    A leg goes on the one of its kind that it shares most time with; the number goes to the earlier one where it was
    split. Both sequences are in order.
    """
    gone = list(before)
    taken = {leg.number for leg in before}
    legs: list[Leg] = []
    for leg in after:
        shared = [(_shared_ms(leg, old), -place) for place, old in enumerate(gone) if old.kind is leg.kind]
        longest_ms, place = max(shared, default=(0, 0))
        if longest_ms > 0:
            number = gone.pop(-place).number
        else:
            number = next(number for number in count(leg.start_ms) if number not in taken)
            taken.add(number)
        legs.append(msgspec.structs.replace(leg, number=number))
    return legs, gone


def _shared_ms(leg: Leg, other: Leg) -> int:
    return min(leg.end_ms, other.end_ms) - max(leg.start_ms, other.start_ms)
