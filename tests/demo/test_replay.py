import itertools
import random
from collections.abc import Iterator, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.demo.recording import FIX_EVERY_S, Recording, Row, Stop, Track, make_track, read_recording
from fleet_app.demo.replay import Moment, play
from fleet_app.domain.geo import distance_m

RECORDING = read_recording()
LOOPS = 3


def driven(loops: int = LOOPS, seed: int = 7, recording: Recording = RECORDING) -> list[dict[str, list[Moment]]]:
    """Return what each vehicle does, loop by loop."""
    playing = itertools.islice(play(recording, random.Random(seed)), loops)
    return [{outing.vehicle_id: list(outing.moments) for outing in (*loop.vans, *loop.cars)} for loop in playing]


@pytest.fixture(scope="module")
def played() -> list[dict[str, list[Moment]]]:
    return driven()


def by_vehicle(played: Sequence[dict[str, list[Moment]]]) -> dict[str, list[Moment]]:
    """Return what each vehicle does over all loops."""
    names = {name for loop in played for name in loop}
    return {name: [moment for loop in played for moment in loop.get(name, [])] for name in names}


def dwells_s(moments: Sequence[Moment]) -> list[int]:
    """Return how long each stop lasts."""
    return [dwell_s for dwell_s, _ in itertools.groupby(moment.dwell_s for moment in moments) if dwell_s]


def apart_m(here: Row, there: Row) -> float:
    return distance_m(here.lat, here.lon, there.lat, there.lon)


def steps(moments: Sequence[Moment]) -> Iterator[tuple[Moment, Moment]]:
    return itertools.pairwise(moments)


def test_the_same_chance_gives_the_same_loops_and_another_others() -> None:
    assert driven(loops=1) == driven(loops=1)
    assert driven(loops=1) != driven(loops=1, seed=8)


def test_vans_are_the_same_in_each_loop_and_no_car_ever_comes_again(played: list[dict[str, list[Moment]]]) -> None:
    first, second, third = (set(loop) for loop in played)

    assert first & second == first & third == second & third == {van.vehicle_id for van in RECORDING.vans}
    assert {"car-0001", "car-0001-2", "car-0001-3"} <= first | second | third


def test_nobody_ever_jumps_not_even_from_loop_to_loop(played: list[dict[str, list[Moment]]]) -> None:
    fastest_mps = max(
        apart_m(earlier.row, later.row) / (later.at_s - earlier.at_s)
        for moments in by_vehicle(played).values()
        for earlier, later in steps(moments)
    )

    assert fastest_mps < 30.0


def test_vans_are_seen_every_five_seconds_for_ever(played: list[dict[str, list[Moment]]]) -> None:
    everybody = by_vehicle(played)
    gaps_s = {
        round(later.at_s - earlier.at_s, 6)
        for van in RECORDING.vans
        for earlier, later in steps(everybody[van.vehicle_id])
    }

    assert gaps_s == {FIX_EVERY_S}


def test_time_only_goes_forward(played: list[dict[str, list[Moment]]]) -> None:
    assert all(
        earlier.at_s < later.at_s for moments in by_vehicle(played).values() for earlier, later in steps(moments)
    )


def test_a_loop_is_over_before_the_next_begins(played: list[dict[str, list[Moment]]]) -> None:
    for number, loop in enumerate(played):
        times_s = [moment.at_s for moments in loop.values() for moment in moments]

        assert number * RECORDING.lasts_s <= min(times_s)
        assert max(times_s) < (number + 1) * RECORDING.lasts_s


def test_every_van_is_at_the_depot_at_the_seams(played: list[dict[str, list[Moment]]]) -> None:
    for van, loop in itertools.product(RECORDING.vans, played):
        place = next(van.rows())
        moments = loop[van.vehicle_id]

        assert apart_m(moments[0].row, place) < 1.0
        assert apart_m(moments[-1].row, place) < 1.0


def test_each_loop_has_dwells_of_its_own(played: list[dict[str, list[Moment]]]) -> None:
    first, second, third = (dwells_s(loop["van-07"])[1:-1] for loop in played)

    assert len(first) == len(second) == len(third) == len(RECORDING.vans[6].stops) - 2
    assert first != second
    assert second != third


def test_the_recorded_dwell_is_about_the_middle_of_those_drawn() -> None:
    recorded_s = sum(stop.rows * FIX_EVERY_S for van in RECORDING.vans for stop in van.stops[1:-1])
    loops = driven(loops=10, recording=msgspec.structs.replace(RECORDING, cars=()))
    drawn_s = [sum(sum(dwells_s(moments)[1:-1]) for moments in loop.values()) for loop in loops]

    assert sum(drawn_s) / len(drawn_s) == pytest.approx(recorded_s, rel=0.05)


def test_a_moment_knows_how_long_its_stop_lasts(played: list[dict[str, list[Moment]]]) -> None:
    for standing, moments in itertools.groupby(played[1]["van-20"], key=lambda moment: moment.dwell_s):
        lasted_s = len(list(moments)) * FIX_EVERY_S

        assert standing in {0, lasted_s}


def row(number: int) -> Row:
    return Row(lat=52.0 + number / 10_000, lon=13.0, speed_mps=10.0, heading_deg=0)


@st.composite
def car_tracks(draw: st.DrawFn) -> Track:
    """Draw a car with any stops, those at its ends and those side by side included."""
    spans = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 40)), max_size=6))
    stops, passed = [], 0
    for way, standing in spans:
        stops.append(Stop("", 0, passed + way, standing))
        passed += way + standing
    return make_track("car-0001", 0, stops, [row(number) for number in range(passed + draw(st.integers(0, 5)))])


@given(car_tracks(), st.integers())
def test_a_car_is_never_longer_on_its_way_than_recorded_and_passes_every_place(track: Track, seed: int) -> None:
    recording = Recording("", "", 5_400, (), (track,))
    (loop,) = driven(loops=1, seed=seed, recording=recording)
    passed = [moment.row for moment in loop["car-0001"] if not moment.dwell_s]
    at_stops = {number for stop in track.stops for number in range(stop.first_row, stop.first_row + stop.rows)}

    assert len(loop["car-0001"]) <= len(track.speeds_cmps)
    assert passed == [place for number, place in enumerate(track.rows()) if number not in at_stops]
