"""Print the tables: `python -m bench.geofence_truth.score --help`."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from math import ceil
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from bench.geofence_truth.receiver import Receiver
from bench.geofence_truth.scoring import Score, Trial, score
from bench.geofence_truth.shapes import CIRCLE, HOLED, LAT, LON, SHAPES, SQUARE, Shape, around, degrees, metres_off
from bench.geofence_truth.ways import Way, parked, round_a_corner, straight, there_and_back
from fleet_app.domain.fix import Fix

INTERVALS_S: Final = (1, 5, 10, 30)
SPEEDS_KMH: Final = (30, 50, 100, 130)
NOISES: Final = ((30.0, True), (30.0, False), (0.0, True), (0.0, False))
"""Time constant, seconds, and whether accuracy is told."""
DAY_S: Final = 86_400.0
_HOUR_S: Final = 3_600.0
_AWAKE_S: Final = 900.0
_PARKED: Final = (
    (1, _HOUR_S / 3, 1.0),
    (1, DAY_S, 0.004),
    (10, _HOUR_S, 1.0),
    (10, DAY_S, 0.02),
    (30, 2 * _HOUR_S, 1.0),
    (30, DAY_S, 0.1),
    (300, DAY_S, 1.0),
)
"""Seconds between fixes, how long, and what share of the vehicles: a rest is settled after ten minutes."""
_GLITCH_M, _BESIDE_M, _OFF_M = 80.0, 170.0, 150.0
_KMH: Final = 3.6
_TOWN_MPS, _TURN_MPS = 50 / _KMH, 30 / _KMH
Row = tuple[tuple[object, ...], Score]
Table = tuple[str, Callable[[int], Iterator[Row]], Callable[[Score], tuple[object, ...]]]


def main() -> None:
    """Print tables."""
    parser = argparse.ArgumentParser(description="Print how well geofences are told from fixes.")
    parser.add_argument("tables", nargs="*", help=f"which: {', '.join(TABLES)}; all of them without any")
    parser.add_argument("--each", type=int, default=250, help="ways per row and kind of receiver, of which there are 4")
    parser.add_argument("--wrong", type=Path, help="folder to describe the first wrong ones of each row in")
    given = parser.parse_args()
    for name in given.tables or TABLES:
        head, rows, cells = TABLES[name]
        sys.stdout.write(f"\n{head}\n|{'--:|' * (head.count('|') - 1)}\n")
        for labels, result in rows(given.each):
            sys.stdout.write(f"| {' | '.join(map(str, (*labels, *cells(result))))} |\n")
            sys.stdout.flush()
            if given.wrong is not None:
                _describe(given.wrong, name, result)


def _receivers(every_s: int) -> list[Receiver]:
    return [Receiver(every_s, lasts_s, tells) for lasts_s, tells in NOISES]


def _lead_m(every_s: int, speed_mps: float, half_m: float) -> float:
    """Return how far from the middle a way begins: three fixes from the edge at least."""
    return half_m + max(300.0, 3 * every_s * speed_mps)


def passing(each: int) -> Iterator[Row]:
    """Yield vehicles that pass by at some metres from the edge."""
    for outside_m, kmh, every_s in product((5, 20, 50), SPEEDS_KMH, INTERVALS_S):
        way = partial(_past, outside_m=outside_m, every_s=every_s, speed_mps=kmh / _KMH)
        labels = (f"{outside_m} m", kmh, f"{every_s} s")
        yield labels, score(f"passing {labels}", SHAPES, _receivers(every_s), each, way)


def through(each: int) -> Iterator[Row]:
    """Yield vehicles that drive through, up to half the half-width off the middle."""
    for shape in SHAPES:
        for kmh, every_s in product(SPEEDS_KMH, INTERVALS_S):
            labels = (shape.name, kmh, f"{every_s} s")
            way = partial(_across, every_s=every_s, speed_mps=kmh / _KMH)
            yield labels, score(f"through {labels}", [shape], _receivers(every_s), each, way)


def _across(shape: Shape, random: Random, *, every_s: int, speed_mps: float) -> Way:
    off_m = random.uniform(-0.5, 0.5) * shape.road_half_m
    return straight(shape.road_y_m + off_m, _lead_m(every_s, speed_mps, shape.half_m), speed_mps)


def fast(each: int) -> Iterator[Row]:
    """Yield vehicles at 130 km/h, a fix every 30 s, across 200 m."""
    shapes: Sequence[Shape] = (CIRCLE, SQUARE)
    for shape in shapes:
        for receiver in _receivers(30):
            way = partial(_across, every_s=30, speed_mps=130 / _KMH)
            yield (shape.name, receiver.name), score(f"fast {shape.name}", [shape], [receiver], 4 * each, way)


def on_the_edge(each: int) -> Iterator[Row]:
    """Yield vehicles that are first seen where they stand for a day, so many metres inside of the edge."""
    for depth_m, (every_s, for_s, share) in product((-10, -5, 0, 5, 10), _PARKED):
        way = partial(_stands, depth_m=depth_m, for_s=for_s)
        labels = (f"{depth_m:+d} m", f"{every_s} s", f"{for_s / 60:g} min")
        count = ceil(each * share)
        yield labels, score(f"on the edge {labels}", [SQUARE, CIRCLE], _receivers(every_s), count, way)


def _stands(shape: Shape, random: Random, *, depth_m: float, for_s: float) -> Way:
    return parked(depth_m - shape.half_m, for_s).turned(random.choice((0, 90, 180, 270)))


def to_the_edge(each: int) -> Iterator[Row]:
    """Yield vehicles that drive to the edge, stand there for a day, and drive back."""
    for depth_m, (every_s, for_s, share) in product((-10, -5, 0, 5, 10), _PARKED):
        way = partial(_visits, depth_m=depth_m, stay_s=for_s, every_s=every_s)
        labels = (f"{depth_m:+d} m", f"{every_s} s", f"{for_s / 60:g} min")
        count = ceil(each * share)
        yield labels, score(f"to the edge {labels}", [SQUARE, CIRCLE], _receivers(every_s), count, way)


def _visits(shape: Shape, random: Random, *, depth_m: float, stay_s: float, every_s: int) -> Way:
    speed_mps = _TOWN_MPS if stay_s else _TURN_MPS
    far_m = _lead_m(every_s, speed_mps, shape.half_m)
    way = there_and_back(far_m, depth_m - shape.half_m, speed_mps, stay_s)
    return way.turned(random.choice((0, 90, 180, 270)))


def inside(each: int) -> Iterator[Row]:
    """Yield vehicles that drive in, stand inside for ten minutes, and drive out the way they came."""
    for depth_m, every_s in product((10, 20, 50), (1, 5, 10, 30, 60)):
        way = partial(_visits, depth_m=depth_m, stay_s=600.0, every_s=every_s)
        labels = (f"{depth_m} m", f"{every_s} s")
        yield labels, score(f"inside {labels}", [SQUARE, CIRCLE, HOLED], _receivers(every_s), each, way)


def turning(each: int) -> Iterator[Row]:
    """Yield vehicles that turn round so many metres beyond the edge, or before it."""
    for beyond_m, every_s in product((-20, -10, -5, 5, 10, 20, 30, 50), INTERVALS_S):
        way = partial(_visits, depth_m=beyond_m, stay_s=0.0, every_s=every_s)
        labels = (f"{beyond_m:+d} m", f"{every_s} s")
        yield labels, score(f"turning {labels}", [SQUARE, CIRCLE], _receivers(every_s), each, way)


def corners(each: int) -> Iterator[Row]:
    """Yield vehicles that drive round a corner of a square, outside: the straight way between fixes leads inside."""
    for outside_m, kmh, every_s, tells in product((5, 20, 50), (30, 50), INTERVALS_S, (False, True)):
        way = partial(_round_a_corner, outside_m=outside_m, every_s=every_s, speed_mps=kmh / _KMH)
        labels = (f"{outside_m} m", kmh, f"{every_s} s", "told" if tells else "none")
        receivers = [receiver._replace(tells_heading=tells) for receiver in _receivers(every_s)]
        yield labels, score(f"corners {labels}", [SQUARE], receivers, each, way)


def _round_a_corner(shape: Shape, random: Random, *, outside_m: float, every_s: int, speed_mps: float) -> Way:
    out_m = _lead_m(every_s, speed_mps, shape.half_m)
    return round_a_corner(shape.half_m + outside_m, out_m, speed_mps).turned(random.choice((0, 90, 180, 270)))


def holes(each: int) -> Iterator[Row]:
    """Yield vehicles that drive across a hole of 100 m: in, out into the hole, in again, out."""
    for kmh, every_s in product(SPEEDS_KMH, INTERVALS_S):
        way = partial(_across_the_hole, every_s=every_s, speed_mps=kmh / _KMH)
        labels = (kmh, f"{every_s} s")
        yield labels, score(f"holes {labels}", [HOLED], _receivers(every_s), each, way)


def _across_the_hole(shape: Shape, random: Random, *, every_s: int, speed_mps: float) -> Way:
    return straight(random.uniform(-25, 25), _lead_m(every_s, speed_mps, shape.half_m), speed_mps)


def glitches(each: int) -> Iterator[Row]:
    """Yield vehicles that pass by 30 m outside at 30 km/h, with one fix that is 80 m off towards the geofence."""
    for every_s in INTERVALS_S:
        way = partial(_past, outside_m=30, every_s=every_s, speed_mps=_TURN_MPS)
        yield (f"{every_s} s",), score(f"glitches {every_s}", [SQUARE, CIRCLE], _receivers(every_s), each, way, _glitch)


def _past(shape: Shape, random: Random, *, outside_m: float, every_s: int, speed_mps: float) -> Way:
    lead_m = _lead_m(every_s, speed_mps, shape.half_m)
    past = straight(shape.half_m + outside_m, lead_m, speed_mps)
    return past.turned(random.choice((0, 90, 180, 270)))


def _glitch(fixes: list[Fix], random: Random) -> list[Fix]:
    """Put one of the fixes beside the geofence 80 m nearer to its middle."""
    near = [place for place, fix in enumerate(fixes) if metres_off(fix.lat, fix.lon) < _BESIDE_M]
    if not near:
        return fixes
    place = random.choice(near)
    fix = fixes[place]
    share = _GLITCH_M / metres_off(fix.lat, fix.lon)
    lat, lon = fix.lat + (LAT - fix.lat) * share, fix.lon + (LON - fix.lon) * share
    return [*fixes[:place], msgspec.structs.replace(fix, lat=lat, lon=lon), *fixes[place + 1 :]]


def waking(each: int) -> Iterator[Row]:
    """Yield vehicles that stand inside, are silent for an hour, and are 150 m off with the first fix after it."""
    for depth_m, every_s in product((20, 50, 100), INTERVALS_S):
        way = partial(_stands, depth_m=depth_m, for_s=_HOUR_S + 2 * _AWAKE_S)
        labels = (f"{depth_m} m", f"{every_s} s")
        yield labels, score(f"waking {labels}", [SQUARE, CIRCLE], _receivers(every_s), each, way, _sleep)


def _sleep(fixes: list[Fix], random: Random) -> list[Fix]:
    """Leave out an hour, and put the first fix after it 150 m off anywhere."""
    start_ms = fixes[0].time_ms
    before = [fix for fix in fixes if fix.time_ms < start_ms + _AWAKE_S * 1_000]
    first, *after = [fix for fix in fixes if fix.time_ms >= start_ms + (_AWAKE_S + _HOUR_S) * 1_000]
    lat, lon = degrees(*around(random.uniform(0, 360), _OFF_M))
    off = msgspec.structs.replace(first, lat=first.lat + lat - LAT, lon=first.lon + lon - LON)
    return [*before, off, *after]


def _count_false(result: Score) -> tuple[object, ...]:
    return result.trials, result.false, f"{result.with_any / result.trials:.2%}"


def _count_crossings(result: Score) -> tuple[object, ...]:
    median_s, p95_s = result.error_s(0.5), result.error_s(0.95)
    times = ("-", "-") if median_s is None or p95_s is None else (f"{median_s:.1f} s", f"{p95_s:.1f} s")
    return result.trials, result.missed_enters, result.missed_exits, result.false, *times


def _count_told(result: Score) -> tuple[object, ...]:
    return result.trials, result.with_any, result.told, result.most_told


def _count_share(result: Score) -> tuple[object, ...]:
    return result.trials, f"{result.with_any / result.trials:.1%}", result.most_told


TABLES: Final[Mapping[str, Table]] = {
    "passing": ("| outside by | km/h | every | vehicles | false events | told of |", passing, _count_false),
    "through": (
        "| geofence | km/h | every | vehicles | enters missed | exits missed | told too often | median | p95 |",
        through,
        _count_crossings,
    ),
    "fast": (
        "| geofence | noise, accuracy | vehicles | enters missed | exits missed | told too often | median | p95 |",
        fast,
        _count_crossings,
    ),
    "on_the_edge": (
        "| inside by | every | for | vehicles | of which told | events | most of one |",
        on_the_edge,
        _count_told,
    ),
    "to_the_edge": (
        "| inside by | every | for | vehicles | of which told | events | most of one |",
        to_the_edge,
        _count_told,
    ),
    "inside": (
        "| inside by | every | vehicles | enters missed | exits missed | told too often | median | p95 |",
        inside,
        _count_crossings,
    ),
    "turning": ("| beyond by | every | vehicles | told of | most of one |", turning, _count_share),
    "corners": ("| outside by | km/h | every | heading | vehicles | false events | told of |", corners, _count_false),
    "holes": (
        "| km/h | every | vehicles | enters missed | exits missed | told too often | median | p95 |",
        holes,
        _count_crossings,
    ),
    "glitches": ("| every | vehicles | false events | told of |", glitches, _count_false),
    "waking": ("| inside by | every | vehicles | told of | most of one |", waking, _count_share),
}


def _describe(folder: Path, table: str, result: Score) -> None:
    for trial in result.wrong[:3]:
        folder.mkdir(parents=True, exist_ok=True)
        name = "".join(letter if letter.isalnum() else "_" for letter in trial.seed)
        (folder / f"{table}-{name}.txt").write_text(_description(trial))


def _description(trial: Trial) -> str:
    return (
        f"seed: {trial.seed}\ngeofence: {trial.shape.name}\nreceiver: {trial.receiver}\n"
        f"true: {[*trial.crossings]}\ntold: {[*trial.told]}\nway: {[*trial.way.knots][:3]} …\n"
    )


if __name__ == "__main__":
    main()
