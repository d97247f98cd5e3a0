"""Which vehicles a list is of."""

from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fleet_app.domain.advance import begin
from fleet_app.domain.fix import Fix
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.states import State
from fleet_app.domain.totals import NOTHING
from fleet_app.domain.vehicle import Vehicle
from fleet_app.http.problems import ApiError
from fleet_app.web.vehicle_filter import Box, VehicleFilter, read_filter
from tests.web.fakes import NOW_MS, RULES

LATS, LONS = st.floats(-90, 90), st.floats(-180, 180)
PROFILE = VehicleProfile(vehicle_id="a", group="north", tags=("cold", "long"))


def vehicle(lat: float = 52.5, lon: float = 13.25, **given: Any) -> Vehicle:
    course = begin(Fix(NOW_MS, lat, lon), NOTHING, RULES.zone)
    return Vehicle(vehicle_id="a", course=msgspec.structs.replace(course, state=State.MOVING), **given)


def passes(one: Vehicle, profile: VehicleProfile | None = PROFILE, **asked: Any) -> bool:
    return read_filter(**asked).passes(one, profile)


def test_without_a_filter_every_vehicle_passes() -> None:
    assert read_filter() == VehicleFilter()
    assert passes(vehicle())
    assert passes(Vehicle(vehicle_id="a"), None)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(["moving"], True), (["stop,moving"], True), (["stop", "moving"], True), (["stop,halt"], False)],
)
def test_a_vehicle_passes_by_what_it_does(status: list[str], *, expected: bool) -> None:
    assert passes(vehicle(), status=status) is expected


def test_a_silent_vehicle_is_offline_whatever_it_did_before() -> None:
    silent = vehicle(is_silent=True)

    assert [passes(silent, status=[state]) for state in ("offline", "moving")] == [True, False]


def test_a_vehicle_that_has_done_nothing_yet_has_no_status() -> None:
    assert not passes(Vehicle(vehicle_id="a"), status=list(State))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"group": "north"}, True),
        ({"group": "south"}, False),
        ({"tag": "cold"}, True),
        ({"tag": "hot"}, False),
        ({"group": "north", "tag": "long"}, True),
        ({"group": "north", "tag": "hot"}, False),
    ],
)
def test_a_vehicle_passes_by_its_profile(asked: dict[str, Any], *, expected: bool) -> None:
    assert passes(vehicle(), **asked) is expected
    assert not passes(vehicle(), None, **asked)


def test_a_vehicle_passes_by_its_tenant() -> None:
    assert [passes(vehicle(tenant="north"), tenant=tenant) for tenant in ("north", "south")] == [True, False]


@pytest.mark.parametrize(("since", "expected"), [(NOW_MS - 1, True), (NOW_MS, True), (NOW_MS + 1, False)])
def test_a_vehicle_passes_by_when_something_of_it_came_in_last(since: int, *, expected: bool) -> None:
    assert passes(vehicle(received_ms=NOW_MS), changed_since=str(since)) is expected


def test_the_time_of_a_change_may_be_iso_8601() -> None:
    assert read_filter(changed_since="2027-01-15T08:00:00Z").changed_since_ms == NOW_MS


@pytest.mark.parametrize(
    ("bbox", "expected"),
    [
        ("13,52,14,53", True),
        ("13.25,52.5,13.25,52.5", True),
        ("13.3,52,14,53", False),
        ("13,52.6,14,53", False),
        ("14,52,13,53", False),
        ("13,52,-170,53", True),
    ],
)
def test_a_vehicle_passes_by_where_it_is(bbox: str, *, expected: bool) -> None:
    assert passes(vehicle(), bbox=bbox) is expected


def test_a_vehicle_that_is_nowhere_yet_is_in_no_area() -> None:
    assert not passes(Vehicle(vehicle_id="a"), bbox="-180,-90,180,90")


@given(LATS, LONS, LONS, LONS)
def test_an_area_and_the_one_between_its_other_sides_are_the_whole_earth(
    lat: float, lon: float, west: float, east: float
) -> None:
    assume(west != east)
    inside, outside = Box(west, -90, east, 90), Box(east, -90, west, 90)

    assert inside.holds(lat, lon) or outside.holds(lat, lon)
    assert (inside.holds(lat, lon) and outside.holds(lat, lon)) == (lon in {west, east})


@pytest.mark.parametrize(
    "bbox",
    [
        "",
        "1,2,3",
        "1,2,3,4,5",
        "a,b,c,d",
        "13,53,14,52",
        "13,-91,14,52",
        "-181,52,14,53",
        "nan,52,14,53",
        "13,52,inf,53",
    ],
)
def test_what_is_no_area_is_refused(bbox: str) -> None:
    with pytest.raises(ApiError, match=r"^bbox: .* is no west,south,east,north in degrees") as caught:
        read_filter(bbox=bbox)

    assert caught.value.problem.status == 400


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"status": ["driving,moving"]}, "status: 'driving' is asked for; there are: moving, halt, stop, idle, "),
        ({"status": [""]}, "status: none is asked for; there are: "),
        ({"changed_since": "today"}, "changed_since: 'today' is neither ISO 8601"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_naming_the_parameter(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(ApiError) as caught:
        read_filter(**asked)

    assert caught.value.problem.detail.startswith(told)
