"""How fast a vehicle is, and how that is known."""

from random import Random
from statistics import mean

import pytest

from fleet_app.domain.geo import metres_per_degree
from fleet_app.domain.motion.speed import begin_baseline, extend, is_stuck, track_speed_mps
from tests.domain.drives import LAT, Told, driving, fix_at

SCALE = metres_per_degree(LAT)


@pytest.mark.parametrize("every_s", [1, 5, 8, 10, 30])
def test_a_speed_by_positions_is_known_after_eight_seconds(every_s: int) -> None:
    baseline = begin_baseline(fix_at(0))
    for fix in driving(every_s, 61, 0, 12.0, every_s=every_s):
        expected = None if fix.time_ms - baseline.older_ms < 8_000 else pytest.approx(12.0, rel=1e-3)
        assert track_speed_mps(baseline, fix, SCALE) == expected
        baseline = extend(baseline, fix)


def test_noise_of_a_parked_vehicle_makes_little_speed() -> None:
    random, baseline, speeds = Random(7), begin_baseline(fix_at(0)), []
    for second in range(1, 2_000):
        fix = fix_at(second, random.gauss(0, 5), random.gauss(0, 5))
        speed_mps = track_speed_mps(baseline, fix, SCALE)
        speeds += [] if speed_mps is None else [speed_mps]
        baseline = extend(baseline, fix)

    assert mean(speeds) < 1.1


@pytest.mark.parametrize(
    ("told_mps", "driven_mps", "stuck"), [(0.0, 10.0, True), (0.4, 10.0, True), (0.0, 0.3, False), (0.6, 10.0, False)]
)
@pytest.mark.parametrize("every_s", [1, 5, 10])
def test_a_device_that_always_says_nought_is_found_out(
    every_s: int, told_mps: float, driven_mps: float, *, stuck: bool
) -> None:
    fixes = driving(0, 61, 0, driven_mps, told=Told(speed_mps=told_mps), every_s=every_s)
    baseline = begin_baseline(fixes[0])
    for fix in fixes[1:-1]:
        baseline = extend(baseline, fix)

    assert is_stuck(baseline, fixes[-1], SCALE) is stuck


def test_a_vehicle_that_has_just_come_to_rest_is_not_taken_for_one_whose_device_is_stuck() -> None:
    drive = driving(0, 61, 0, 14.0, told=Told(speed_mps=14.0))
    rest = [fix_at(second, 14.0 * 60, 0, Told(speed_mps=0.0)) for second in range(61, 120)]
    baseline, stuck = begin_baseline(drive[0]), []
    for fix in [*drive[1:], *rest]:
        stuck.append(is_stuck(baseline, fix, SCALE))
        baseline = extend(baseline, fix)

    assert not any(stuck)
