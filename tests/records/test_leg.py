"""A value of fleet.trips, as other programs read it."""

import json

import msgspec
import pytest

from fleet_app.domain.legs import Ending, KeptLeg, Leg, LegKind
from fleet_app.domain.totals import Totals
from fleet_app.domain.vehicle import Vehicle
from fleet_app.records.leg import leg_id, open_trip_id, trip_or_stop
from tests.domain.drives import driving, fix_at, run, standing

TRIP = Leg(
    kind=LegKind.TRIP,
    start_ms=1_000_000,
    end_ms=1_600_000,
    start_lat=52.0,
    start_lon=13.0,
    end_lat=52.1,
    end_lon=13.1,
    sums=Totals(300, 5_000.0, 500.0, 50.0, 30.0, 20.0, 2, 12.0),
    max_speed_mps=20.0,
    ending=Ending.STOP,
    number=990_000,
)


def test_a_trip_says_where_it_went_how_long_and_how() -> None:
    assert json.loads(msgspec.json.encode(trip_or_stop("van-1", "north", KeptLeg(TRIP, "_p~iF", 3)))) == {
        "id": "van-1@990000", "kind": "trip", "vehicle_id": "van-1", "tenant": "north", "start_ms": 1_000_000,
        "end_ms": 1_600_000, "start_lat": 52.0, "start_lon": 13.0, "end_lat": 52.1, "end_lon": 13.1,
        "duration_s": 600.0, "distance_m": 5_000.0, "moving_s": 500.0, "idle_s": 50.0, "idle_probable_s": 30.0,
        "stop_s": 20.0, "mean_speed_mps": 10.0, "max_speed_mps": 20.0, "harsh_events": 2, "harsh_observable": True,
        "overspeed_s": 12.0, "fixes": 300, "ending": "stop", "polyline": "_p~iF", "revision": 3,
        "is_withdrawn": False,
    }  # fmt: skip


@pytest.mark.parametrize(("fixes", "observable"), [(300, True), (299, False), (1, False)])
def test_harsh_manoeuvres_can_be_seen_where_fixes_are_two_seconds_apart_at_most(
    fixes: int, *, observable: bool
) -> None:
    leg = msgspec.structs.replace(TRIP, sums=msgspec.structs.replace(TRIP.sums, fixes=fixes))

    assert trip_or_stop("van-1", "north", KeptLeg(leg, "", 1)).harsh_observable is observable


def test_what_is_no_more_is_withdrawn_under_its_id() -> None:
    told = trip_or_stop("van-1", "north", KeptLeg(TRIP, "", 4), is_withdrawn=True)

    assert (told.id, told.revision, told.is_withdrawn) == (leg_id("van-1", 990_000), 4, True)


def test_the_open_trip_has_the_id_that_it_will_be_told_under() -> None:
    way = [*standing(0, 300), *driving(300, 900)]
    outcome = run([*way, *standing(900, 1_200, 10, 6_000)])
    trip = next(leg for leg in outcome.legs if leg.kind is LegKind.TRIP)

    assert open_trip_id(Vehicle("van-1", course=run(way).now)) == leg_id("van-1", trip.number)


def test_who_is_not_on_a_trip_has_none() -> None:
    assert open_trip_id(Vehicle("van-1")) is None
    assert open_trip_id(Vehicle("van-1", course=run([fix_at(0)]).now)) is None
    assert open_trip_id(Vehicle("van-1", course=run(standing(0, 600)).now)) is None
