"""How far a vehicle has gone along its fixes."""

from collections.abc import Sequence
from math import cos, sin
from random import Random

import pytest

from fleet_app.domain.fix import Fix
from fleet_app.domain.motion.path import LEAST_M, Path, driven
from fleet_app.domain.plausibility import hop_between
from tests.domain.drives import Told, driving, fix_at


def driven_m(fixes: Sequence[Fix]) -> float:
    path, last, total_m = Path(fixes[0].lat, fixes[0].lon), fixes[0], 0.0
    for fix in fixes[1:]:
        path, metres = driven(path, fix, hop_between(last, fix), last.speed_mps, fix.speed_mps)
        last, total_m = fix, total_m + metres
    return total_m


@pytest.mark.parametrize("every_s", [1, 5, 10, 30])
@pytest.mark.parametrize("speed_mps", [None, 10.0])
def test_a_straight_way_is_as_long_as_it_is(every_s: int, speed_mps: float | None) -> None:
    fixes = driving(0, 601, 0, 10.0, told=Told(speed_mps=speed_mps), every_s=every_s)

    assert driven_m(fixes) == pytest.approx((len(fixes) - 1) * every_s * 10.0, abs=LEAST_M)


def test_noise_of_a_vehicle_that_stands_adds_next_to_nothing() -> None:
    random = Random(7)

    assert driven_m([fix_at(second, random.gauss(0, 3), random.gauss(0, 3)) for second in range(0, 600, 5)]) < 60


def test_device_speeds_count_where_fixes_are_close_together_whatever_the_noise() -> None:
    random = Random(7)
    fixes = [
        fix_at(second, 10.0 * second + random.gauss(0, 5), random.gauss(0, 5), Told(speed_mps=10.0))
        for second in range(600)
    ]

    assert driven_m(fixes) == pytest.approx(5_990, rel=0.001)


def test_a_vehicle_that_creeps_does_not_drive() -> None:
    assert driven_m([fix_at(second, 0, 0, Told(speed_mps=0.4)) for second in range(60)]) == 0.0


@pytest.mark.parametrize("corner_m", [500.0, 520.0, 550.0, 580.0])
def test_a_corner_between_two_fixes_is_not_cut_off(corner_m: float) -> None:
    ways_m = [10.0 * second for second in range(0, 121, 10)]
    fixes = [fix_at(way_m / 10.0, min(way_m, corner_m), max(0.0, way_m - corner_m)) for way_m in ways_m]

    assert driven_m(fixes) == pytest.approx(1_200, rel=0.005)


@pytest.mark.parametrize(("radius_m", "every_s"), [(200.0, 5), (200.0, 10), (50.0, 5)])
def test_a_curve_that_goes_on_is_taken_for_no_row_of_corners(radius_m: float, every_s: int) -> None:
    turns_rad = [10.0 * second / radius_m for second in range(0, 601, every_s)]
    fixes = [
        fix_at(place * every_s, radius_m * cos(turn_rad), radius_m * sin(turn_rad))
        for place, turn_rad in enumerate(turns_rad)
    ]

    assert driven_m(fixes) == pytest.approx(6_000, rel=0.05)


def test_a_vehicle_that_turns_round_is_not_taken_to_have_gone_further() -> None:
    fixes = [fix_at(0), fix_at(10, 100), fix_at(20, 100, 30), fix_at(30, 0, 30)]

    assert driven_m(fixes) == pytest.approx(230, rel=0.01)


def test_there_and_back_is_twice_the_way() -> None:
    there = [fix_at(second, 10.0 * second) for second in range(0, 101, 10)]
    back = [fix_at(100 + second, 1_000 - 10.0 * second) for second in range(10, 101, 10)]

    assert driven_m([*there, *back]) == pytest.approx(2_000, rel=0.01)
