"""How fast a vehicle is, and how that is known."""

from random import Random
from statistics import mean

import pytest

from fleet_app.domain.geo import metres_per_degree
from fleet_app.domain.motion.speed import begin_baseline, extend, is_plausible, track_speed_mps
from tests.domain.drives import LAT, driving, fix_at

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
    ("speed_mps", "moved_m", "elapsed_ms", "plausible"),
    [
        (10.0, 100.0, 10_000, True),
        (55.0, 550.0, 10_000, True),
        (55.1, 550.0, 10_000, False),
        (0.0, 0.0, 10_000, True),
        (0.0, 200.0, 10_000, False),
        (0.0, 20.0, 1_000, True),
        (30.0, 0.0, 10_000, True),
    ],
)
def test_a_device_that_always_says_nought_or_nonsense_is_not_believed(
    speed_mps: float, moved_m: float, elapsed_ms: int, *, plausible: bool
) -> None:
    assert is_plausible(speed_mps, moved_m, elapsed_ms, 55.0) is plausible
