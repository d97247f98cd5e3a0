"""What is known of a vehicle from its fixes, in the order of event time, and what comes to an end with one of them."""

from typing import Final

import msgspec

from fleet_app.domain.events import Event
from fleet_app.domain.fix import Fix
from fleet_app.domain.geofences.presence import ABSENT, Presence
from fleet_app.domain.legs import Leg, OpenLeg
from fleet_app.domain.motion.path import Path
from fleet_app.domain.motion.rest import Rest
from fleet_app.domain.motion.speed import Baseline, SpeedSource
from fleet_app.domain.panes import OpenPanes, Sized
from fleet_app.domain.plausibility import Strays
from fleet_app.domain.refusals import Refusal
from fleet_app.domain.states import State
from fleet_app.domain.totals import Totals


class Watch(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What goes on beside trips and stops.

    Attributes:
        idle_since_ms: Since when the vehicle idles, if that was told.
        over_since_ms: Since when it is above the speed limit; None while it is not.
        is_overspeed_told: Whether that was told.
        harsh_ms: When the last harsh manoeuvre was.
    """

    idle_since_ms: int | None = None
    over_since_ms: int | None = None
    is_overspeed_told: bool = False
    harsh_ms: int = 0


NOTHING_WATCHED: Final = Watch()


class Course(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What follows from the fixes of a vehicle, up to the last one.

    Attributes:
        last: The last accepted fix, by which the next is judged.
        state: What the vehicle is doing; never `offline`.
        speed_mps: How fast it is; None where that is not known.
        speed_source: How that is known.
        interval_ms: Its own reporting interval, a moving mean.
        ignition: The ignition as it was told last; None if it never was since the course began.
        totals: Its sums since the first fix.
        rest: Where it rests, or would be resting.
        path: The place up to which its metres are counted.
        baseline: Earlier positions that its speed is measured from.
        panes: The minute, hour and day that are open.
        leg: The trip or stop that goes on; None until it is known which.
        watch: What goes on beside them.
        strays: Refused fixes that agree with one another, since the last accepted one.
        presence: The geofences that it is in, or may be.
    """

    last: Fix
    state: State
    speed_mps: float | None
    speed_source: SpeedSource
    interval_ms: float
    ignition: bool | None
    totals: Totals
    rest: Rest
    path: Path
    baseline: Baseline
    panes: OpenPanes
    leg: OpenLeg | None = None
    watch: Watch = NOTHING_WATCHED
    strays: Strays | None = None
    presence: Presence = ABSENT


class Happened(msgspec.Struct, frozen=True):
    """What came to an end with a fix: panes, trips and stops, each once; and what is worth telling."""

    panes: list[Sized] = []
    legs: list[Leg] = []
    events: list[Event] = []


QUIET: Final = Happened()
"""Nothing to tell: what most fixes lead to."""


class Advanced(msgspec.Struct, frozen=True, gc=False):
    """A course after one more fix: why the fix is refused (None: it is accepted), and what came to an end with it."""

    course: Course
    refusal: Refusal | None
    happened: Happened
