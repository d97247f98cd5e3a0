import itertools
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.demo.recording import (
    FIX_EVERY_S,
    Recording,
    Row,
    Stop,
    Track,
    decode,
    encode,
    make_track,
    read_recording,
)
from fleet_app.domain.geo import distance_m

RECORDING = read_recording()
TRACKS = (*RECORDING.vans, *RECORDING.cars)
DEPOT = next(RECORDING.vans[13].rows())

ROWS = st.builds(
    Row,
    lat=st.integers(-900_000_000, 900_000_000).map(lambda lat_e7: lat_e7 / 1e7),
    lon=st.integers(-1_800_000_000, 1_800_000_000).map(lambda lon_e7: lon_e7 / 1e7),
    speed_mps=st.integers(0, 15_000).map(lambda speed_cmps: speed_cmps / 100),
    heading_deg=st.integers(0, 359),
)
STOPS = st.builds(Stop, st.text(), st.integers(0, 900), st.integers(0, 900), st.integers(1, 900))


def apart_m(here: Row, there: Row) -> float:
    return distance_m(here.lat, here.lon, there.lat, there.lon)


def test_it_is_small_enough_to_come_with_the_package() -> None:
    file = resources.files("fleet_app.demo").joinpath("recording.msgpack.xz").read_bytes()

    assert len(file) < 5_000_000
    assert decode(file) == RECORDING


def test_it_says_whose_data_it_is_made_from() -> None:
    assert "© OpenStreetMap contributors" in RECORDING.attribution
    assert "Open Database License" in RECORDING.attribution
    assert "SUMO" in RECORDING.made_with


def test_it_holds_ninety_minutes_of_27_vans_and_some_hundred_cars() -> None:
    cars = [car.vehicle_id for car in RECORDING.cars]

    assert RECORDING.lasts_s == 90 * 60
    assert [van.vehicle_id for van in RECORDING.vans] == [f"van-{number:02}" for number in range(1, 28)]
    assert cars == [f"car-{number:04}" for number in range(1, len(cars) + 1)]
    assert 300 < len(cars) < 2_000


def test_every_van_is_recorded_from_beginning_to_end() -> None:
    assert {len(van.speeds_cmps) for van in RECORDING.vans} == {RECORDING.lasts_s // FIX_EVERY_S}
    assert {van.begins_s for van in RECORDING.vans} == set(range(FIX_EVERY_S))


def test_no_row_is_later_than_the_end() -> None:
    ends_s = [track.begins_s + (len(track.speeds_cmps) - 1) * FIX_EVERY_S for track in TRACKS]

    assert max(ends_s) < RECORDING.lasts_s


@pytest.mark.parametrize("van", RECORDING.vans, ids=lambda van: van.vehicle_id)
def test_a_van_begins_at_the_depot_and_ends_where_it_began(van: Track) -> None:
    first, *_, last = van.rows()

    assert apart_m(first, last) < 1.0
    assert apart_m(first, DEPOT) < 100.0
    assert first.speed_mps == last.speed_mps == 0.0
    assert van.stops[0].first_row == 0
    assert van.stops[-1].first_row + van.stops[-1].rows == len(van.speeds_cmps)


@pytest.mark.parametrize("van", RECORDING.vans, ids=lambda van: van.vehicle_id)
def test_a_van_delivers_ten_to_twenty_times_away_from_the_depot(van: Track) -> None:
    rows = list(van.rows())
    deliveries = van.stops[1:-1]

    assert 10 <= len(deliveries) <= 20
    assert min(apart_m(rows[stop.first_row], rows[0]) for stop in deliveries) > 20.0
    assert min(stop.rows * FIX_EVERY_S for stop in deliveries) >= 55


def test_vehicles_stand_still_at_their_stops() -> None:
    moved_m = (
        apart_m(rows[stop.first_row], row)
        for track in TRACKS
        for rows in [list(track.rows())]
        for stop in track.stops
        for row in rows[stop.first_row : stop.first_row + stop.rows]
    )

    assert max(moved_m) < 5.0


def test_stops_follow_each_other() -> None:
    assert all(
        earlier.first_row + earlier.rows <= later.first_row
        for track in TRACKS
        for earlier, later in itertools.pairwise(track.stops)
    )


def test_nobody_jumps() -> None:
    steps_m = (apart_m(*pair) for track in TRACKS for pair in itertools.pairwise(track.rows()))

    assert max(steps_m) / FIX_EVERY_S < 40.0


@given(st.lists(ROWS), st.lists(STOPS))
def test_what_is_written_is_read(rows: list[Row], stops: list[Stop]) -> None:
    track = make_track("van-01", 3, stops, rows)
    recording = Recording("theirs", "by hand", 5_400, (track,), ())

    assert decode(encode(recording)) == recording
    assert list(track.rows()) == rows
