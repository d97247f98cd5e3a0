"""Drives for tests, made by hand or by Hypothesis, and what becomes of them with dicts for tables."""

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from math import cos, radians, sin
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec
from hypothesis import strategies as st

from fleet_app.domain.advance import advance
from fleet_app.domain.course import Advanced, Course
from fleet_app.domain.edges import Size
from fleet_app.domain.events import Event
from fleet_app.domain.fix import Fix, fix_of
from fleet_app.domain.geo import metres_per_degree
from fleet_app.domain.legs import Leg
from fleet_app.domain.panes import Pane
from fleet_app.domain.position import Position
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.reorder import Waiting
from fleet_app.domain.repair import Repaired, Stretch, repair
from fleet_app.domain.rules import Rules
from fleet_app.domain.track import Chunk, in_columns
from fleet_app.domain.vehicle import (
    ChunkStart,
    Moved,
    OpenTrack,
    Vehicle,
    count_refusal,
    flush,
    is_late,
    is_repeated,
    receive,
)
from fleet_app.domain.vehicle_class import LIMITS, VehicleClass

START_MS = 1_799_996_400_000
"""07:00 on a day in UTC."""
RULES = Rules(LIMITS[VehicleClass.VAN], 5_000, UTC)
LAT, LON = 52.43, 13.53
_EAST_M, _NORTH_M = metres_per_degree(LAT)
RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "fleet"


class Told(NamedTuple):
    """What a device tells beside time and place."""

    speed_mps: float | None = None
    heading_deg: float | None = None
    accuracy_m: float | None = None
    ignition: bool | None = None
    alarm: str | None = None


NOTHING_TOLD = Told()


def fix_at(second: float, east_m: float = 0.0, north_m: float = 0.0, told: Told = NOTHING_TOLD) -> Fix:
    """Return a fix so many seconds after the start, so many metres off where drives begin."""
    return fix_of(
        Position(
            vehicle_id="van-1",
            time_ms=START_MS + round(second * 1_000),
            lat=LAT + north_m / _NORTH_M,
            lon=LON + east_m / _EAST_M,
            speed_mps=told.speed_mps,
            heading_deg=told.heading_deg,
            accuracy_m=told.accuracy_m,
            ignition=told.ignition,
            attributes=None if told.alarm is None else {"alarm": told.alarm},
        )
    )


def standing(
    since_s: int, until_s: int, every_s: int = 10, east_m: float = 0.0, told: Told = NOTHING_TOLD
) -> list[Fix]:
    """Return the fixes of a vehicle that stands, without noise."""
    return [fix_at(second, east_m, 0.0, told) for second in range(since_s, until_s, every_s)]


def driving(
    since_s: int,
    until_s: int,
    from_m: float = 0.0,
    speed_mps: float = 10.0,
    *,
    told: Told = NOTHING_TOLD,
    every_s: int = 10,
) -> list[Fix]:
    """Return the fixes of a vehicle that drives east at a steady speed; its first is one interval on its way."""
    return [
        fix_at(second, from_m + (second - since_s + every_s) * speed_mps, 0.0, told)
        for second in range(since_s, until_s, every_s)
    ]


@dataclass
class Outcome:
    """What a run over a drive has led to, everything it told included."""

    course: Course | None = None
    refusals: list[tuple[Fix, Refusal]] = field(default_factory=list)
    panes: list[tuple[Size, Pane]] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def now(self) -> Course:
        """The course after at least one fix."""
        assert self.course is not None
        return self.course

    @property
    def reasons(self) -> list[Reason]:
        return [refusal.reason for _, refusal in self.refusals]

    @property
    def kinds(self) -> list[str]:
        return [event.type.value for event in self.events]


def judged(course: Course | None, fix: Fix, following: Fix | None = None, rules: Rules = RULES) -> Advanced:
    """Return the course after a fix that is not doubtful, or has a following one."""
    outcome = advance(course, fix, following, rules)
    assert outcome is not None
    return outcome


def run(fixes: Sequence[Fix], rules: Rules = RULES, course: Course | None = None) -> Outcome:
    """Run over fixes in order; the last one is believed."""
    outcome = Outcome(course)
    for place, fix in enumerate(fixes):
        later = (each for each in fixes[place + 1 :] if each.time_ms > fix.time_ms)
        step = judged(outcome.course, fix, next(later, fix), rules)
        outcome.course = step.course
        outcome.refusals += [] if step.refusal is None else [(fix, step.refusal)]
        outcome.panes += step.happened.panes
        outcome.legs += step.happened.legs
        outcome.events += step.happened.events
    return outcome


@dataclass
class Tracker:
    """Does with a vehicle's fixes what is done with them in production, with dicts for tables."""

    rules: Rules = RULES
    vehicle: Vehicle = field(default_factory=lambda: Vehicle("van-1"))
    track: OpenTrack = field(default_factory=OpenTrack)
    chunks: dict[int, Chunk] = field(default_factory=dict)
    late: list[Waiting] = field(default_factory=list)
    panes: dict[tuple[Size, int], Pane] = field(default_factory=dict)
    legs: dict[int, Leg] = field(default_factory=dict)
    refusals: list[tuple[Fix, Reason]] = field(default_factory=list)
    received: int = 0

    def receive(self, fix: Fix, received_ms: int) -> None:
        """Take one fix as it comes."""
        self.received += 1
        waiting = Waiting(fix, self.received, received_ms, b"van-1", None)
        if is_late(self.track, fix):
            self._receive_late(waiting)
            return
        outcome = receive(self.vehicle, self.track, waiting, self.rules)
        if isinstance(outcome, Refusal):
            self._refuse(fix, outcome.reason)
        else:
            self._keep(outcome)

    def _receive_late(self, waiting: Waiting) -> None:
        if is_repeated(self.track, waiting.fix) or any(_is_same(waiting.fix, other.fix) for other in self.late):
            self._refuse(waiting.fix, Reason.DUPLICATE)
        else:
            self.late.append(waiting)

    def _refuse(self, fix: Fix, reason: Reason) -> None:
        self.refusals.append((fix, reason))
        self.vehicle = count_refusal(self.vehicle, reason)

    def flush(self) -> None:
        """Let go of what waits for others."""
        self._keep(flush(self.vehicle, self.track, self.rules))

    def _keep(self, moved: Moved) -> None:
        self.vehicle, self.track = moved.vehicle, moved.track
        for each in moved.chunks:
            match each:
                case ChunkStart(start_ms, course):
                    self.chunks[start_ms] = Chunk(course)
                case _:
                    self.chunks[each.start_ms] = Chunk(self.chunks[each.start_ms].course, in_columns(each.fixes))
        for happened in moved.happened:
            self.panes |= {(size, pane.start_ms): pane for size, pane in happened.panes}
            self.legs |= {leg.number: leg for leg in happened.legs}
        for each_judged in moved.judged:
            if each_judged.refusal is not None:
                self._refuse(each_judged.waiting.fix, each_judged.refusal.reason)

    def settle(self) -> None:
        """Let go of what waits, and work in what has come late."""
        self.flush()
        if self.late:
            self.repair()

    def repair(self) -> Repaired:
        """Work in what has come late."""
        first_ms = min(waiting.fix.time_ms for waiting in self.late)
        since_ms = max((number for number in self.chunks if number < first_ms), default=0)
        stretch = sorted((number, chunk) for number, chunk in self.chunks.items() if number >= since_ms)
        course = self.vehicle.course
        assert course is not None
        told = list(self.legs.values())
        repaired = repair(Stretch(stretch, self.track.fixes), self.late, course, told, self.rules)
        self.vehicle = msgspec.structs.replace(self.vehicle, course=repaired.course)
        self.chunks = {number: chunk for number, chunk in self.chunks.items() if number < since_ms}
        self.chunks |= dict(repaired.chunks)
        number = repaired.chunks[-1][0]
        self.track = OpenTrack(number, repaired.growing, self.track.judged_ms, self.track.buffer)
        self._tell_anew(repaired)
        self.late = []
        return repaired

    def _tell_anew(self, repaired: Repaired) -> None:
        before = {(size, pane.start_ms) for size, pane in repaired.before.panes}
        self.panes = {key: pane for key, pane in self.panes.items() if key not in before}
        self.panes |= {(size, pane.start_ms): pane for size, pane in repaired.after.panes}
        open_leg = repaired.course.leg
        ended = {leg.number for leg in repaired.gone} | ({open_leg.number} if open_leg is not None else set())
        self.legs = {number: leg for number, leg in self.legs.items() if number not in ended}
        self.legs |= {leg.number: leg for leg in repaired.after.legs}
        for waiting in repaired.repeated:
            self._refuse(waiting.fix, Reason.DUPLICATE)
        for waiting, judgement in repaired.late:
            if judgement.refusal is not None:
                self._refuse(waiting.fix, judgement.refusal.reason)


def _is_same(fix: Fix, other: Fix) -> bool:
    return (fix.time_ms, fix.lat, fix.lon) == (other.time_ms, other.lat, other.lon)


class Phase(NamedTuple):
    """A part of a drive.

    Attributes:
        kind: `drive`, `stand`, `glitch` (some fixes elsewhere), `carry` (it is elsewhere from now on), `silence`, or
            `twice` (a second fix of one time).
        fixes: How many fixes.
        scale: How fast, how far or how long, from 0 to 1.
        towards_deg: Where to.
        ignition: What is told of the engine.
    """

    kind: str
    fixes: int
    scale: float
    towards_deg: int
    ignition: bool | None


KINDS = ("drive", "drive", "stand", "stand", "glitch", "carry", "silence", "twice")
ORDERED_KINDS = KINDS[:-1]


def drive_of(phases: Iterable[Phase], interval_s: int, seed: int, *, tells_speed: bool, noise_m: float) -> list[Fix]:
    """Return the fixes of a drive in order of event time; times are equal only in the phases `twice`."""
    random, second, east_m, north_m = Random(seed), 0.0, 0.0, 0.0
    fixes: list[Fix] = []
    for phase in phases:
        towards = radians(phase.towards_deg)
        speed_mps = phase.scale * 40.0 if phase.kind == "drive" else 0.0
        off_m = phase.scale * 3_000.0 if phase.kind in {"glitch", "twice"} else 0.0
        if phase.kind == "carry":
            east_m += phase.scale * 20_000 * cos(towards)
            north_m += phase.scale * 20_000 * sin(towards)
        if phase.kind == "silence":
            second += 301 + phase.scale * 20_000
        count = min(phase.fixes, 4) if phase.kind in {"glitch", "twice"} else phase.fixes
        for _ in range(count):
            second += 0 if phase.kind == "twice" else interval_s
            east_m += speed_mps * interval_s * cos(towards)
            north_m += speed_mps * interval_s * sin(towards)
            told = Told(
                round(abs(random.gauss(speed_mps, 0.3)), 2) if tells_speed else None,
                phase.towards_deg,
                random.choice((None, 3.0, 12.0)),
                phase.ignition,
                random.choice((None, None, None, "hardBraking")),
            )
            fixes.append(
                fix_at(
                    second,
                    east_m + off_m * cos(towards) + random.gauss(0, noise_m),
                    north_m + off_m * sin(towards) + random.gauss(0, noise_m),
                    told,
                )
            )
    return in_order(fixes)


def in_order(fixes: Iterable[Fix]) -> list[Fix]:
    """Return fixes in the order of event time, of those of the same time and place only the first."""
    first: dict[tuple[int, float, float], Fix] = {}
    for fix in fixes:
        first.setdefault((fix.time_ms, fix.lat, fix.lon), fix)
    return [first[identity] for identity in sorted(first)]


def drives(kinds: Sequence[str] = KINDS, longest: int = 12) -> st.SearchStrategy[list[Fix]]:
    """Return drives of such parts, of which a first fix is always there."""
    phases = st.builds(
        Phase,
        st.sampled_from(kinds),
        st.integers(1, 40),
        st.floats(0, 1),
        st.integers(0, 359),
        st.sampled_from((None, True, False)),
    )
    return st.builds(
        drive_of,
        st.lists(phases, min_size=1, max_size=longest).map(lambda each: [Phase("stand", 1, 0, 0, None), *each]),
        st.sampled_from((1, 5, 10, 30)),
        st.integers(0, 9_999),
        tells_speed=st.booleans(),
        noise_m=st.sampled_from((0.0, 3.0, 8.0)),
    )


@cache
def recorded() -> list[list[Fix]]:
    """Return the recorded tracks, a list of fixes in order per vehicle."""
    tracks: dict[str, list[Position]] = defaultdict(list)
    for row in _rows("austin_bus/2015-06-07.csv.gz"):
        time_ms = round(datetime.fromisoformat(row["timestamp"]).timestamp() * 1_000)
        vehicle, speed_mps = f"austin-{row['vehicle_id']}", float(row["speed"])
        tracks[vehicle].append(_position(time_ms, float(row["latitude"]), float(row["longitude"]), speed_mps))
    for row in _rows("liverpool_bus/route14_outbound.csv.gz"):
        moment = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
        time_ms, lat, lon = round(moment.timestamp() * 1_000), float(row["latitude"]), float(row["longitude"])
        tracks[f"liverpool-{row['vehicle_id']}"].append(_position(time_ms, lat, lon, None))
    for path in sorted((RECORDINGS / "envirocar").glob("*.geojson.gz")):
        for feature in json.loads(gzip.decompress(path.read_bytes()))["features"]:
            time_ms = round(datetime.fromisoformat(feature["properties"]["time"]).timestamp() * 1_000)
            lon, lat = feature["geometry"]["coordinates"][:2]
            told_kmh = feature["properties"]["phenomenons"].get("GPS Speed", {}).get("value")
            tracks[path.name].append(_position(time_ms, lat, lon, None if told_kmh is None else told_kmh / 3.6))
    return [in_order(fix_of(each) for each in track) for track in tracks.values() if len(track) > 1]


def _rows(name: str) -> list[dict[str, str]]:
    with gzip.open(RECORDINGS / name, "rt") as file:
        return list(csv.DictReader(file))


def _position(time_ms: int, lat: float, lon: float, speed_mps: float | None) -> Position:
    return Position(vehicle_id="recorded", time_ms=time_ms, lat=lat, lon=lon, speed_mps=speed_mps)
