"""`fleet bench geofences`: what 10,000 geofences where the vehicles drive cost, against ten at the end of the world.

Both sides decode the same positions and run them through `advance`, in turns of some thousand, in one process. What
differs is what is looked up, what the vehicles' courses remember of it, and the events.
"""

import gc
import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from enum import StrEnum
from functools import cache
from math import cos, pi, sin
from typing import Final, NamedTuple

import msgspec

from fleet_app.app import fix_rules
from fleet_app.bench import usage
from fleet_app.bench.drives import Fleet, Kind, Reported, drives
from fleet_app.bench.figures import Spread, spread
from fleet_app.bench.load import FIRST_MS
from fleet_app.bench.machine import Machine, this_machine
from fleet_app.bench.stage import default_settings, share_cores
from fleet_app.domain.advance import advance
from fleet_app.domain.course import Course
from fleet_app.domain.fix import fix_of
from fleet_app.domain.geo import metres_per_degree
from fleet_app.domain.geofences.geofence import Circle, Geofence, Polygon
from fleet_app.domain.geofences.index import Geofences, Places
from fleet_app.domain.position import Position, read_position
from fleet_app.domain.refusals import Refusal
from fleet_app.domain.rules import Rules

CIRCLES: Final = 0.9
"""Share of the geofences; the others are polygons."""
RADIUS_M: Final = (50.0, 150.0)
_CORNERS: Final = (4, 24)
_ROUGHNESS: Final = (0.6, 1.0)
_ELSEWHERE: Final = 10
_FAR_AWAY: Final = (-50.0, -130.0)
"""In the South Pacific."""
_LATS: Final = (48.0, 54.0)
_LONS: Final = (6.0, 15.0)
"""Where the seeded fleet sets out."""
_TURN: Final = 5_000
_STANDING_MPS: Final = 0.5

Say = Callable[[str], None]
Spot = tuple[float, float]


class Layout(StrEnum):
    """Where the geofences are."""

    SPREAD = "spread"
    """Anywhere in the region: a vehicle passes one now and then."""
    CUSTOMERS = "customers"
    """One in four where a vehicle stands, the others anywhere: a fleet that visits its places."""
    DENSE = "dense"
    """All where a vehicle stands: hardly a stop outside of one."""


AT_STOPS: Final = {Layout.SPREAD: 0.0, Layout.CUSTOMERS: 0.25, Layout.DENSE: 1.0}
"""Share of the geofences that are where a vehicle stands."""


class GeofencesConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is run."""

    vehicles: int
    fixes_per_vehicle: int
    interval_s: int
    geofences: int
    runs: int
    seed: int


class LayoutFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One layout, once.

    Attributes:
        elsewhere_us: Processor time per fix with ten geofences far away, microseconds.
        among_us: The same with all geofences where the vehicles drive.
        ratio: The second by the first.
        inside_share: Share of the vehicles that are inside a geofence, on average.
        near_share: Share of the vehicles that a geofence is looked at for, on average.
        events_per_fix: Told of geofences.
    """

    elsewhere_us: float
    among_us: float
    ratio: float
    inside_share: float
    near_share: float
    events_per_fix: float


class GeofencesRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `differences` says where both sides judged fixes differently."""

    layouts: dict[Layout, LayoutFigures]
    build_s: float
    change_ms: float
    differences: list[str]


class GeofencesReport(msgspec.Struct, frozen=True, kw_only=True):
    """All runs. `ratio` is that of the layout `customers`, which stands for a fleet at work."""

    bench: str = "geofences"
    config: GeofencesConfig
    exact: bool
    ratio: float
    ratios: dict[Layout, Spread]
    runs: list[GeofencesRun]
    machine: Machine


class Load(NamedTuple):
    """Positions as records of a topic, how many of them are true, and where vehicles stand."""

    values: Sequence[bytes]
    true: int
    stops: Sequence[Spot]


class Side:
    """Vehicles followed by rules, and the processor time that took."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.courses: dict[str, Course] = {}
        self.events = 0
        self.cpu_s = 0.0

    def run(self, values: Sequence[bytes]) -> None:
        """Decode positions and run them through `advance`."""
        courses, rules, events = self.courses, self.rules, 0
        get = courses.get
        began_s = time.thread_time()
        for value in values:
            position = read_position(value)
            if isinstance(position, Refusal):
                continue
            fix = fix_of(position)
            outcome = advance(get(position.vehicle_id), fix, fix, rules)
            if outcome is not None:
                courses[position.vehicle_id] = outcome.course
                events += len(outcome.happened.events)
        self.cpu_s += time.thread_time() - began_s
        self.events += events

    @property
    def accepted(self) -> int:
        """How many fixes were accepted."""
        return sum(course.totals.fixes for course in self.courses.values())


def run_geofences(config: GeofencesConfig, say: Say) -> GeofencesReport:
    """Measure all layouts in a process of its own, on a core of its own."""
    spawn = multiprocessing.get_context("spawn")
    cores = share_cores(os.sched_getaffinity(0))
    runs: list[GeofencesRun] = []
    with usage.pinned(cores.worker), ProcessPoolExecutor(1, mp_context=spawn) as child:
        for number in range(1, config.runs + 1):
            runs.append(child.submit(measure, config).result())
            ratios = ", ".join(f"{layout} {figures.ratio:.3f}" for layout, figures in runs[-1].layouts.items())
            say(f"run {number}: {ratios}")
    return report_of(config, runs)


def report_of(config: GeofencesConfig, runs: list[GeofencesRun]) -> GeofencesReport:
    """Put the runs together."""
    ratios = {layout: spread([run.layouts[layout].ratio for run in runs]) for layout in Layout}
    return GeofencesReport(
        config=config,
        exact=not any(run.differences for run in runs),
        ratio=ratios[Layout.CUSTOMERS].median,
        ratios=ratios,
        runs=runs,
        machine=this_machine(),
    )


def measure(config: GeofencesConfig) -> GeofencesRun:
    """Measure every layout once, on this thread."""
    load = load_of(config)
    layouts: dict[Layout, LayoutFigures] = {}
    differences: list[str] = []
    drawn = dict(geofences_of(Layout.SPREAD, config))
    began_s = time.thread_time()
    geofences = Geofences().changed(drawn)
    build_s = time.thread_time() - began_s
    began_s = time.thread_time()
    geofences.changed(dict(list(drawn.items())[:1]))
    change_ms = (time.thread_time() - began_s) * 1_000
    for layout in Layout:
        elsewhere, among = sides_of(layout, config)
        near_share, inside_share = _run_in_turns(elsewhere, among, load.values)
        differences += [f"{layout}: {said}" for said in differences_of(load.true, elsewhere, among)]
        fixes = len(load.values)
        layouts[layout] = LayoutFigures(
            elsewhere_us=elsewhere.cpu_s / fixes * 1e6,
            among_us=among.cpu_s / fixes * 1e6,
            ratio=among.cpu_s / elsewhere.cpu_s,
            inside_share=inside_share,
            near_share=near_share,
            events_per_fix=(among.events - elsewhere.events) / fixes,
        )
    return GeofencesRun(layouts=layouts, build_s=build_s, change_ms=change_ms, differences=differences)


def differences_of(true: int, elsewhere: Side, among: Side) -> list[str]:
    """Return what is wrong, in sentences: geofences tell of fixes, and change nothing about them."""
    said = [
        f"{side.accepted} fixes accepted {where} geofences, of {true} true ones"
        for where, side in (("far from", elsewhere), ("among", among))
        if side.accepted != true
    ]
    if any(course.presence.visits for course in elsewhere.courses.values()):
        said.append("a vehicle is inside a geofence that is far away")
    return said


def sides_of(layout: Layout, config: GeofencesConfig) -> tuple[Side, Side]:
    """Return the vehicles far from ten geofences, and among all."""
    rules = fix_rules(default_settings())
    chance = random.Random(config.seed)  # noqa: S311 - reproducible, not secret
    far_away = {f"far-{number}": _circle(f"far-{number}", _FAR_AWAY, chance) for number in range(_ELSEWHERE)}
    return Side(_with(rules, far_away)), Side(_with(rules, dict(geofences_of(layout, config))))


def geofences_of(layout: Layout, config: GeofencesConfig) -> Iterator[tuple[str, Geofence]]:
    """Yield the geofences of a layout by their ids; the same for the same configuration."""
    chance = random.Random(config.seed)  # noqa: S311 - reproducible, not secret
    stops = list(load_of(config).stops)
    chance.shuffle(stops)
    for number in range(config.geofences):
        is_at_stop = stops and chance.random() < AT_STOPS[layout]
        spot = stops.pop() if is_at_stop else (chance.uniform(*_LATS), chance.uniform(*_LONS))
        geofence_id = f"place-{number:05}"
        draw = _circle if chance.random() < CIRCLES else _polygon
        yield geofence_id, draw(geofence_id, spot, chance)


@cache
def load_of(config: GeofencesConfig) -> Load:
    """Return the positions of a fleet, made once in a process."""
    fleet = Fleet(
        vehicles=config.vehicles,
        fixes=config.fixes_per_vehicle,
        interval_s=config.interval_s,
        first_ms=FIRST_MS,
        seed=config.seed,
    )
    reported = list(drives(fleet))
    load = Load(
        [each.value for each in reported],
        sum(each.kind is Kind.TRUE for each in reported),
        _stops([each for each in reported if each.kind is Kind.TRUE]),
    )
    # As the worker does: what is there by now is not looked through for garbage again and again.
    gc.collect()
    gc.freeze()
    return load


def _stops(reported: Sequence[Reported]) -> list[Spot]:
    """Return where vehicles whose devices tell their speed come to stand, or stand at first."""
    decode = msgspec.json.Decoder(Position).decode
    standing: dict[int, bool] = {}
    stops: list[Spot] = []
    for each in reported:
        position = decode(each.value)
        if position.speed_mps is None:
            continue
        stands = position.speed_mps < _STANDING_MPS
        if stands and not standing.get(each.vehicle):
            stops.append((position.lat, position.lon))
        standing[each.vehicle] = stands
    return stops


def _run_in_turns(elsewhere: Side, among: Side, values: Sequence[bytes]) -> tuple[float, float]:
    """Run both sides over the same positions, the one that is first in turns; return how many are near and inside."""
    near = inside = looked = 0
    sides = [elsewhere, among]
    for start in range(0, len(values), _TURN):
        for side in sides:
            side.run(values[start : start + _TURN])
        sides.reverse()
        looked += len(among.courses)
        inside += sum(bool(course.presence.visits) for course in among.courses.values())
        near += sum(_is_near(course, among.rules.places) for course in among.courses.values())
    return near / looked, inside / looked


def _is_near(course: Course, places: Places) -> bool:
    last = course.last
    return bool(places.along(last.lat, last.lon, last.lat, last.lon))


def _with(rules: Rules, geofences: dict[str, Geofence]) -> Rules:
    return msgspec.structs.replace(rules, places=Geofences().changed(geofences).of("default"))


def _circle(geofence_id: str, spot: Spot, chance: random.Random) -> Geofence:
    return _geofence(geofence_id, Circle(*spot, chance.uniform(*RADIUS_M)))


def _polygon(geofence_id: str, spot: Spot, chance: random.Random) -> Geofence:
    """Return a geofence with corners in evenly spread directions, nearer and further away."""
    lat, lon = spot
    east_m, north_m = metres_per_degree(lat)
    corners, radius_m = chance.randint(*_CORNERS), chance.uniform(*RADIUS_M)
    ring: list[tuple[float, float]] = []
    for number in range(corners):
        away_m, angle = radius_m * chance.uniform(*_ROUGHNESS), 2 * pi * number / corners
        ring.append((lon + away_m * cos(angle) / east_m, lat + away_m * sin(angle) / north_m))
    return _geofence(geofence_id, Polygon(((*ring, ring[0]),)))


def _geofence(geofence_id: str, shape: Circle | Polygon) -> Geofence:
    return Geofence(geofence_id=geofence_id, name=f"Place {geofence_id}", shape=shape, revision=1)
