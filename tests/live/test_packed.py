"""Packed frames hold what docs/live.md says, byte by byte."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.motion.speed import SpeedSource
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.states import State
from fleet_app.live.fleet import LiveFleet, Place, Row, number_of
from fleet_app.live.frames import Changes, Fields, Gone, Head, Kind
from fleet_app.live.packed import PackedEncoder
from fleet_app.live.reading import Details, Names, Seen, read_frame
from fleet_app.records.vehicle_now import VehicleNow

PAGE = Path(__file__).parents[2] / "docs" / "live.md"
HEAD = Head(Kind.DELTA, 1_800_000_001_000, 40, "dG9rZW4")
DAY_MS = 86_400_000

values = st.builds(
    VehicleNow,
    vehicle_id=st.uuids().map(str),
    tenant=st.just("acme"),
    time_ms=st.integers(0, 4_102_444_800_000),
    received_ms=st.integers(0, 4_102_444_800_000),
    lat=st.floats(-90.0, 90.0),
    lon=st.floats(-180.0, 180.0),
    odometer_m=st.floats(0.0, 1e10),
    fixes=st.integers(0, 2**32 - 1),
    state=st.none() | st.sampled_from(State),
    is_provisional=st.booleans(),
    speed_mps=st.none() | st.floats(0.0, 150.0),
    speed_source=st.sampled_from(SpeedSource),
    heading_deg=st.none() | st.floats(0.0, 360.0),
    accuracy_m=st.none() | st.floats(0.0, 1_000_000.0),
    altitude_m=st.none() | st.floats(-1_000.0, 20_000.0),
    ignition=st.none() | st.booleans(),
    trip_id=st.none() | st.text(max_size=5),
    geofence_ids=st.lists(st.text(max_size=5), max_size=3).map(tuple),
)


def rows_of(*told: VehicleNow) -> list[Row]:
    fleet = LiveFleet("o", 1)
    for offset, value in enumerate(told):
        fleet.put(Place(0, offset), value)
    return fleet.rows_since(0)


def frame(fields: Fields, *changes: Changes, head: Head = HEAD) -> bytes:
    encoder = PackedEncoder(fields)
    return encoder.frame(head, [encoder.changes(each) for each in changes])


def example() -> Changes:
    """Return what the page's example tells."""
    fleet = LiveFleet("o", 1)
    fleet.change_profile(
        "van-1",
        VehicleProfile(vehicle_id="van-1", tenant="acme", group="north", name="Van 1", plate="B-FL 1", tags=("cold",)),
    )
    value = VehicleNow(
        vehicle_id="van-1",
        tenant="acme",
        time_ms=1_800_000_000_250,
        received_ms=1_800_000_000_900,
        lat=52.52,
        lon=13.405,
        odometer_m=1_234.5,
        fixes=7,
        state=State.MOVING,
        speed_mps=12.5,
        speed_source=SpeedSource.DEVICE,
        heading_deg=271.25,
        ignition=True,
    )
    fleet.put(Place(0, 0), value)
    rows = fleet.rows_since(0)
    return Changes(rows, rows, [Gone(number_of("van-2"), "van-2")])


def documented() -> bytes:
    dump = re.findall(r"^[0-9a-f]{4}  ((?:[0-9a-f]{2} ?)+)$", PAGE.read_text(), flags=re.MULTILINE)
    return bytes.fromhex("".join(dump))


def test_the_example_of_the_page_is_what_is_sent() -> None:
    assert frame(Fields.MAP, example()) == documented()


def test_the_example_of_the_page_says_what_the_page_says() -> None:
    read = read_frame(documented())

    assert (read.kind, read.time_ms, read.behind_ms, read.token) == HEAD
    assert list(read.gone) == [number_of("van-2")]
    (seen,) = read.seen
    assert seen == Seen(
        number=number_of("van-1"),
        time_ms=1_800_000_000_250,
        lat=52.52,
        lon=13.405,
        speed_mps=12.5,
        heading_deg=271.25,
        state=State.MOVING,
        is_provisional=False,
        ignition=True,
    )
    assert read.names[seen.number] == Names("van-1", "acme", "Van 1", "B-FL 1", None, "north", ["cold"])


@given(st.lists(values, max_size=8, unique_by=lambda value: value.vehicle_id))
def test_what_is_written_is_read_again(told: list[VehicleNow]) -> None:
    rows = rows_of(*told)
    read = read_frame(frame(Fields.FULL, Changes(rows, rows)))

    seen = {read.names[one.number].vehicle_id: one for one in read.seen}
    assert seen.keys() == {value.vehicle_id for value in told}
    for value in told:
        one = seen[value.vehicle_id]
        assert (one.time_ms, one.state, one.is_provisional, one.ignition) == (
            value.time_ms,
            value.state,
            value.is_provisional,
            value.ignition,
        )
        assert one.lat == pytest.approx(value.lat, abs=0.6e-7)
        assert one.lon == pytest.approx(value.lon, abs=0.6e-7)
        assert one.speed_mps == pytest.approx(value.speed_mps, abs=0.006)
        turned = None if value.heading_deg is None else round(value.heading_deg, 2) % 360.0
        assert one.heading_deg == pytest.approx(turned, abs=0.011)
        assert isinstance(one.details, Details)
        assert one.details[:3] == (value.odometer_m, value.received_ms, value.fixes)
        assert one.details[5:] == (value.trip_id, list(value.geofence_ids))
        most = None if value.accuracy_m is None else min(value.accuracy_m, 6_553.4)
        assert one.details.accuracy_m == pytest.approx(most, abs=0.06)
        assert one.details.altitude_m == pytest.approx(value.altitude_m, abs=0.6)


@given(st.lists(values, max_size=4, unique_by=lambda value: value.vehicle_id), st.sampled_from(Fields))
def test_every_part_begins_where_typed_arrays_can_be_laid(told: list[VehicleNow], fields: Fields) -> None:
    rows = rows_of(*told)
    encoded = PackedEncoder(fields).changes(Changes(rows, rows, [Gone(1, "a")]))

    assert len(encoded.rows) % 8 == len(encoded.gone) % 8 == 0


def test_times_that_are_far_apart_are_told_exactly() -> None:
    times = [1_800_000_000_000, 1_800_000_000_000 - 400 * DAY_MS, 1_800_000_000_000 + 20 * DAY_MS, 0]
    told = [
        VehicleNow(
            vehicle_id=str(time_ms),
            tenant="a",
            time_ms=time_ms,
            received_ms=0,
            lat=0.0,
            lon=0.0,
            odometer_m=0.0,
            fixes=0,
        )
        for time_ms in times
    ]
    rows = rows_of(*told)

    read = read_frame(frame(Fields.MAP, Changes(rows, rows)))

    assert {one.time_ms for one in read.seen} == set(times)
    assert len(read.names) == 4


def test_what_is_gone_is_told_before_all_rows() -> None:
    read = read_frame(frame(Fields.MAP, example(), Changes(gone=[Gone(number_of("van-1"), "van-1")])))

    assert list(read.gone) == [number_of("van-2"), number_of("van-1")]


@pytest.mark.parametrize("behind_ms", [None, 0, 2**32 - 2, 2**40])
def test_how_old_it_is_may_be_unknown_or_very_long(behind_ms: int | None) -> None:
    read = read_frame(frame(Fields.MAP, head=HEAD._replace(kind=Kind.HEARTBEAT, behind_ms=behind_ms)))

    assert (read.kind, read.seen) == (Kind.HEARTBEAT, [])
    assert read.behind_ms == (None if behind_ms is None else min(behind_ms, 2**32 - 2))
