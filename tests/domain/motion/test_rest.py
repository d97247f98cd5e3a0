"""Where a vehicle rests, when it came, and when it left."""

from collections.abc import Sequence
from random import Random

import pytest

from fleet_app.domain.fix import Fix
from fleet_app.domain.geo import metres_per_degree
from fleet_app.domain.legs import LegKind
from fleet_app.domain.motion.rest import Rest, begin_rest, driving_mps, go_on, off_middle_m, stays, stood
from fleet_app.domain.states import STOP_MS
from fleet_app.domain.totals import NOTHING
from tests.domain.drives import LAT, START_MS, Told, driving, fix_at, run, standing

SCALE = metres_per_degree(LAT)


def rested(fixes: Sequence[Fix]) -> Rest:
    rest = begin_rest(fixes[0], NOTHING, None)
    for fix in fixes[1:]:
        rest = go_on(rest, fix, off_middle_m(rest, fix, SCALE), driving_mps(rest, fix.speed_mps), NOTHING)
    return rest


def still_rests(rest: Rest, fix: Fix, rested_ms: int) -> bool:
    return stays(rest, fix, rested_ms, off_middle_m(rest, fix, SCALE), driving_mps(rest, fix.speed_mps))


def test_the_middle_is_that_of_the_fixes() -> None:
    random = Random(7)
    rest = rested([fix_at(second, random.gauss(0, 5), random.gauss(0, 5)) for second in range(300)])

    assert off_middle_m(rest, fix_at(0), SCALE) < 3.0


@pytest.mark.parametrize(("off_m", "rests"), [(0, True), (55, True), (65, False)])
def test_it_takes_sixty_metres_to_leave_a_stop(off_m: float, *, rests: bool) -> None:
    assert still_rests(rested(standing(0, 300)), fix_at(300, off_m), STOP_MS) is rests


@pytest.mark.parametrize(("off_m", "rests"), [(0, True), (25, True), (35, False)])
def test_it_takes_thirty_metres_to_leave_a_halt(off_m: float, *, rests: bool) -> None:
    assert still_rests(rested(standing(0, 60)), fix_at(60, off_m), 60_000) is rests


def test_who_drives_by_its_device_has_left_before_it_is_far() -> None:
    rest = rested(
        [*standing(0, 300, 1), fix_at(300, 1, 0, Told(speed_mps=1.5)), fix_at(301, 3, 0, Told(speed_mps=3.0))]
    )

    assert not still_rests(rest, fix_at(302, 7, 0, Told(speed_mps=4.0)), STOP_MS)


def test_the_speed_of_noise_is_not_driving() -> None:
    random = Random(7)
    fixes = [fix_at(second, 0, 0, Told(speed_mps=abs(random.gauss(0, 0.3)))) for second in range(3_600)]

    assert still_rests(rested(fixes[:-1]), fixes[-1], STOP_MS)


def test_who_stood_until_a_fix_left_after_it() -> None:
    rest = rested([*standing(0, 300), fix_at(300, 40)])

    stayed = stood(rest, fix_at(300, 40), NOTHING)

    assert (rest.inside_ms, stayed.inside_ms) == (START_MS + 290_000, START_MS + 300_000)


@pytest.mark.parametrize("every_s", [1, 5, 10, 30])
@pytest.mark.parametrize("noise_m", [0.0, 3.0])
def test_a_stop_is_as_long_as_it_was_to_about_an_interval(every_s: int, noise_m: float) -> None:
    random = Random(7)
    way = [
        *driving(0, 600, every_s=every_s),
        *standing(600, 1_200, every_s, 6_000),
        *driving(1_200, 1_800, 6_000, every_s=every_s),
    ]
    noisy = [
        fix_at((fix.time_ms - START_MS) / 1_000, east_m(fix) + random.gauss(0, noise_m), random.gauss(0, noise_m))
        for fix in way
    ]

    (stop,) = [leg for leg in run(noisy).legs if leg.kind is LegKind.STOP]

    assert (stop.start_ms - START_MS) / 1_000 == pytest.approx(600, abs=every_s + 10)
    assert (stop.end_ms - START_MS) / 1_000 == pytest.approx(1_200, abs=every_s + 10)


def east_m(fix: Fix) -> float:
    return (fix.lon - fix_at(0).lon) * SCALE[0]


@pytest.mark.parametrize("noise_m", [5.0, 8.0])
@pytest.mark.parametrize("every_s", [5, 30])
def test_a_parked_vehicle_begins_no_trip_and_drives_no_metres(every_s: int, noise_m: float) -> None:
    random = Random(7)
    fixes = [fix_at(second, random.gauss(0, noise_m), random.gauss(0, noise_m)) for second in range(0, 21_600, every_s)]
    outcome = run(fixes)

    assert [leg for leg in outcome.legs if leg.kind is LegKind.TRIP] == []
    assert outcome.now.totals.distance_m < 50
