"""A van that sends positions to the agent, and what the agent has made of them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from agents.track_positions import track_positions
from fleet_app.domain.edges import Size
from fleet_app.domain.fix import Fix
from fleet_app.domain.forgetting import FORGET
from fleet_app.domain.panes import Sized, open_by_size
from fleet_app.domain.position import ArrivalRules, Position
from fleet_app.domain.vehicle import OpenTrack, Vehicle
from fleet_app.records.closed_window import ClosedWindow
from fleet_app.records.event import FleetEvent
from fleet_app.records.leg import TripOrStop
from fleet_app.records.vehicle_now import VehicleNow
from fleet_app.stream.declarations import Agent, PlainRecord
from fleet_app.topics import EVENTS, FIXES, TRIPS, VEHICLES, WINDOWS
from tests.agents.fakes import FakeTask
from tests.domain.drives import RULES, START_MS

VAN = "van-1"
DELAY_MS = 1_000
"""How long a position is under way."""
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
GATES = ArrivalRules(max_skew_ms=60_000, max_age_ms=DAY_MS, max_accuracy_m=200.0)
AGENT = track_positions(GATES, RULES)


class Arrival(NamedTuple):
    """A fix, and when it comes in."""

    received_ms: int
    fix: Fix


def at_once(fixes: Iterable[Fix]) -> list[Arrival]:
    """Return fixes as they come in a second after they were taken."""
    return [Arrival(fix.time_ms + DELAY_MS, fix) for fix in fixes]


class OneVan(FakeTask):
    """The agent's task with one vehicle. Task time passes with what comes in, and when it is told to."""

    def __init__(self, agent: Agent = AGENT) -> None:
        super().__init__(agent)
        self.now_ms = START_MS
        self.values_sent: list[bytes] = []

    def bring(self, value: bytes, received_ms: int) -> None:
        """Let time pass until a record comes in, and handle it."""
        self.wait_until(received_ms)
        self.receive(PlainRecord(len(self.values_sent), received_ms, VAN.encode(), value))
        self.values_sent.append(value)

    def bring_fix(self, fix: Fix, received_ms: int) -> None:
        self.bring(position_of(fix), received_ms)

    def bring_all(self, arrivals: Iterable[Arrival]) -> None:
        for received_ms, fix in arrivals:
            self.bring_fix(fix, received_ms)

    def send_at_once(self, *stretches: Iterable[Fix]) -> None:
        """Bring each fix a second after it was taken."""
        for fixes in stretches:
            self.bring_all(at_once(fixes))

    def bring_now(self, fixes: Iterable[Fix]) -> None:
        """Bring fixes at once, however long ago they were taken."""
        for fix in fixes:
            self.bring_fix(fix, self.now_ms)

    def forget(self, vehicle_id: str = VAN) -> None:
        """Bring the request that a vehicle be forgotten."""
        self.receive(PlainRecord(len(self.values_sent), self.now_ms, vehicle_id.encode(), None, ((FORGET, b""),)))

    def wait_until(self, now_ms: int) -> None:
        """Let timers go off as they are due, each in its own moment, up to and with now."""
        while (due_ms := self.next_due_ms()) is not None and due_ms <= now_ms:
            self.tick(due_ms)
        self.now_ms = max(self.now_ms, now_ms)

    def wait(self, seconds: float) -> None:
        self.wait_until(self.now_ms + round(seconds * 1_000))

    def next_due_ms(self) -> int | None:
        armed = self.contents["vehicle_timers"].get(VAN)
        return None if armed is None else armed.due_ms

    @property
    def vehicle(self) -> Vehicle:
        found = self.contents["vehicles"][VAN]
        assert isinstance(found, Vehicle)
        return found

    @property
    def track(self) -> OpenTrack:
        return self.contents["open_tracks"].get(VAN, OpenTrack())  # type: ignore[no-any-return]

    @property
    def now(self) -> VehicleNow:
        """Where it was told last that the vehicle is."""
        told: list[VehicleNow] = self.values(VEHICLES)
        return told[-1]

    def accepted_s(self) -> list[float]:
        """Return when the accepted fixes were taken, in the order in which they were told, seconds since the start."""
        return [(fix.time_ms - START_MS) / 1_000 for fix in self.values(FIXES)]

    def events(self, *types: str) -> list[FleetEvent]:
        """Return what was told on fleet.events, of some types or of all."""
        return [event for event in self.values(EVENTS) if not types or event.type in types]

    def kinds(self) -> list[str]:
        """Return the types of all events, in the order in which they were told."""
        return [event.type.value for event in self.events()]

    def legs(self, kind: str | None = None) -> list[TripOrStop]:
        """Return trips and stops as they were told last, in order; what was withdrawn is none."""
        last: dict[str, TripOrStop] = {told.id: told for told in self.values(TRIPS)}
        standing = (told for told in last.values() if not told.is_withdrawn and kind in {None, told.kind.value})
        return sorted(standing, key=lambda told: (told.start_ms, told.kind))

    def windows(self, size: Size) -> dict[int, ClosedWindow]:
        """Return closed windows as they were told last, by start; one in which nothing happened after all is none."""
        last: dict[int, ClosedWindow] = {told.start_ms: told for told in self.values(WINDOWS) if told.size is size}
        return {start_ms: told for start_ms, told in sorted(last.items()) if counted(told) != NOTHING_COUNTED}

    def still_open(self) -> list[Sized]:
        """Return the panes that are open, as what happened in them so far."""
        course = self.vehicle.course
        return [] if course is None else list(open_by_size(course.panes, course.totals))


def position_of(fix: Fix, vehicle_id: str = VAN) -> bytes:
    """Return the position that reports a fix, as it stands in a record."""
    return msgspec.json.encode(Position(vehicle_id=vehicle_id, **msgspec.structs.asdict(fix)))


COUNTED = (
    "fixes",
    "distance_m",
    "moving_s",
    "idle_s",
    "idle_probable_s",
    "stop_s",
    "harsh_events",
    "overspeed_s",
)


def counted(told: Any) -> dict[str, float]:  # noqa: ANN401 - a window, a trip or a vehicle's sums
    """Return the sums in what was told, to the nearest millimetre or millisecond."""
    return {name: round(getattr(told, name), 2) for name in COUNTED}


NOTHING_COUNTED: dict[str, float] = dict.fromkeys(COUNTED, 0)
