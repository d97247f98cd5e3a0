"""Could the vehicle have got from its last accepted fix to this one?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.fix import Fix
from fleet_app.domain.geo import distance_m
from fleet_app.domain.plausibility import (
    AGREEING_FIXES,
    Strays,
    excursion,
    hop_between,
    is_doubtful,
    is_reachable,
    refusal_of,
    stray,
)
from fleet_app.domain.refusals import Reason
from tests.domain.drives import Told, driving, fix_at, run, standing

MAX_MPS = 55.0


@given(st.floats(-5_000, 5_000), st.floats(-5_000, 5_000), st.floats(0.001, 3_600))
def test_a_hop_is_as_long_as_the_way_between_both(east_m: float, north_m: float, second: float) -> None:
    start, end = fix_at(0), fix_at(second, east_m, north_m)

    expected_m = distance_m(start.lat, start.lon, end.lat, end.lon)
    assert hop_between(start, end).distance_m == pytest.approx(expected_m, rel=2e-3, abs=0.02)


def test_a_hop_takes_the_short_way_across_the_antimeridian() -> None:
    here, there = fix_at(0), fix_at(10)
    east = type(here)(here.time_ms, 10.0, 179.999)
    west = type(here)(there.time_ms, 10.0, -179.999)

    assert hop_between(east, west).distance_m == pytest.approx(219, abs=1)


@pytest.mark.parametrize(
    ("accuracy_m", "implied_mps"), [(None, 48.0), (0.0, 50.0), (5.0, 49.0), (200.0, 10.0), (1_000.0, 0.0)]
)
def test_the_implied_speed_allows_for_the_inaccuracy_of_both(accuracy_m: float | None, implied_mps: float) -> None:
    told = Told(accuracy_m=accuracy_m)
    hop = hop_between(fix_at(0, told=told), fix_at(10, 500, told=told))

    assert hop.implied_mps == pytest.approx(implied_mps, abs=0.01)


@pytest.mark.parametrize(
    ("metres", "second", "speed_mps", "reason"),
    [
        (500, 10, None, None),
        (580, 10, None, Reason.IMPLIED_SPEED),
        (100_000, 3_600, None, None),
        (300_000, 3_600, None, Reason.IMPLIED_SPEED),
        (60, 2, None, None),
        (60, 2, 0.0, Reason.IMPLIED_ACCELERATION),
        (60, 2, 15.0, None),
        (60, 5, 0.0, None),
        (0, 1, 50.0, None),
    ],
)
def test_what_no_vehicle_of_its_class_can_do_is_refused(
    metres: float, second: float, speed_mps: float | None, reason: Reason | None
) -> None:
    refusal = refusal_of(hop_between(fix_at(0), fix_at(second, metres)), speed_mps, MAX_MPS)

    assert (refusal and refusal.reason) is reason


@pytest.mark.parametrize(
    ("metres", "second", "known_mps", "told_mps", "doubtful"),
    [
        (49, 1, None, None, False),
        (60, 5, 0.0, None, False),
        (120, 5, 0.0, None, True),
        (120, 5, 10.0, None, False),
        (120, 5, 0.0, 15.0, False),
        (400, 20, 0.0, None, True),
        (400, 21, 0.0, None, False),
    ],
)
def test_a_hop_that_needs_an_unusual_gain_of_speed_is_doubtful(
    metres: float, second: float, known_mps: float | None, told_mps: float | None, *, doubtful: bool
) -> None:
    fix = fix_at(second, metres, 0.0, Told(speed_mps=told_mps))

    assert is_doubtful(hop_between(fix_at(0), fix), known_mps, fix) is doubtful


@pytest.mark.parametrize(("next_m", "refused"), [(0, True), (75, True), (90, False), (300, False), (600, False)])
def test_there_and_back_is_an_excursion(next_m: float, *, refused: bool) -> None:
    refusal = excursion(hop_between(fix_at(0), fix_at(10, 300)), next_m, near_m=20.0)

    assert (refusal is not None) is refused
    assert refusal is None or refusal.reason is Reason.EXCURSION


def test_refused_fixes_that_agree_are_counted_and_others_begin_anew() -> None:
    run_of_strays = None
    for fix in (fix_at(1, 9_000), fix_at(2, 9_010), fix_at(3, 9_020)):
        run_of_strays = stray(run_of_strays, fix, MAX_MPS)

    assert run_of_strays == Strays(AGREEING_FIXES, fix_at(3, 9_020))
    assert stray(run_of_strays, fix_at(4, 50_000), MAX_MPS) == Strays(1, fix_at(4, 50_000))


def test_a_second_refused_fix_of_one_time_neither_agrees_nor_disagrees() -> None:
    one = Strays(1, fix_at(1, 9_000))

    assert stray(one, fix_at(1, 9_001), MAX_MPS) is one


def test_one_bad_anchor_does_not_refuse_the_truth_for_ever() -> None:
    outcome = run([fix_at(0, 400_000), *standing(10, 100)])

    assert outcome.reasons == [Reason.IMPLIED_SPEED] * (AGREEING_FIXES - 1)
    assert outcome.now.last == fix_at(90)
    assert outcome.now.totals.distance_m == 0.0
    assert [kind for kind in outcome.kinds if kind == "teleport_refused"] == ["teleport_refused"]


def test_refused_fixes_that_do_not_agree_move_no_anchor() -> None:
    wild = [fix_at(60 + second, 100_000 * (1 + second % 7)) for second in range(40)]
    outcome = run([*standing(0, 60), *wild, fix_at(110)])

    assert outcome.reasons == [Reason.IMPLIED_SPEED] * 40
    assert outcome.now.totals.fixes == 7


def test_an_accepted_fix_ends_a_run_of_refused_ones() -> None:
    outcome = run([*standing(0, 60), fix_at(61, 90_000), fix_at(62, 90_000), fix_at(63), fix_at(64, 90_000)])

    assert outcome.now.strays == Strays(1, fix_at(64, 90_000))


@pytest.mark.parametrize(
    ("every_s", "out_m"),
    [
        (every_s, out_m)
        for every_s in (1, 5, 10, 20)
        for out_m in (60, 100, 200, 900, 900_000)
        if out_m > 16 * every_s + 20
    ],
)
def test_a_fix_there_and_back_faster_than_a_vehicle_sets_off_leaves_no_metre(every_s: int, out_m: float) -> None:
    fixes = [*standing(0, 300, every_s), fix_at(300, out_m), *standing(300 + every_s, 600, every_s)]
    outcome = run(fixes)

    assert outcome.now.totals.distance_m == 0.0
    assert [leg.kind for leg in outcome.legs] == []


def test_a_vehicle_that_really_sets_off_is_believed() -> None:
    assert run([*standing(0, 300), *driving(300, 600, 0, 25.0, every_s=5)]).refusals == []


@given(st.floats(-89, 89), st.floats(-180, 180), st.floats(-0.05, 0.05), st.floats(-0.05, 0.05), st.integers(1, 600))
def test_the_plain_test_of_speed_never_differs_from_the_measured_one(
    lat: float, lon: float, north_deg: float, east_deg: float, seconds: int
) -> None:
    last, fix = Fix(0, lat, lon), Fix(seconds * 1_000, lat + north_deg, lon + east_deg)

    assert is_reachable(last, fix, 55.0) == (hop_between(last, fix).implied_mps <= 55.0)
