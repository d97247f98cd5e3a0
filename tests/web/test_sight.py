"""A caller of one tenant sees its own vehicles; another tenant's are answered exactly as those that do not exist."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from fleet_app.domain.access.api_key import ApiKey, Secret
from fleet_app.domain.access.caller import LOCAL, Caller
from fleet_app.domain.access.rights import Role
from fleet_app.domain.access.tokens import digest_of
from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.vehicle import Vehicle
from fleet_app.global_views import GEOFENCES, VEHICLE_PROFILES
from fleet_app.http.problems import ApiError
from fleet_app.web.sight import Sight, of_its_tenant
from tests.web.driven import HALF_HOUR_AGO_MS, Tables, round_trip
from tests.web.fakes import FakeViews, Pair, reader_of, two_workers

pytestmark = pytest.mark.anyio
DRIVEN = Tables().take(round_trip(HALF_HOUR_AGO_MS)).contents
TRIP = next(f"a@{number}" for (_, number), kept in DRIVEN["trips"].items() if kept.leg.kind == "trip")
SECRET = "s" * 43
TENANTS = ("north", "south")
PROFILES = {
    "a": VehicleProfile(vehicle_id="a", tenant="north", tags=("cold",), revision=1),
    "b": VehicleProfile(vehicle_id="b", tenant="south", tags=("cold",), revision=1),
}
PLACES = {
    tenant: Geofence(geofence_id=tenant, name=tenant, shape=Circle(52.5, 13.25, 100.0), tenant=tenant, revision=1)
    for tenant in TENANTS
}
VEHICLES = {
    "a": DRIVEN["vehicles"]["a"],
    "b": Vehicle(vehicle_id="b", received_ms=1),
    # Without a profile: it stays whose it was.
    "c": Vehicle(vehicle_id="c", tenant="south"),
}


def key_of(tenant: str) -> ApiKey:
    secret = Secret(sha256=digest_of(SECRET), created_ms=0)
    return ApiKey(key_id=f"{tenant}-viewer", name=tenant, role=Role.VIEWER, tenant=tenant, secrets=(secret,))


@pytest.fixture(scope="module")
async def closed() -> AsyncIterator[Pair]:
    async with two_workers(DRIVEN | {"vehicles": VEHICLES}, keys=[key_of(tenant) for tenant in TENANTS]) as pair:
        for each in (pair.even, pair.odd):
            each.views.show(VEHICLE_PROFILES, PROFILES)
            each.views.show(GEOFENCES, PLACES)
        yield pair


async def ask(pair: Pair, tenant: str, path: str) -> list[httpx.Response]:
    """Return what both workers answer a viewer of a tenant."""
    headers = {"Authorization": f"Bearer {tenant}-viewer.{SECRET}"}
    return [await each.client.get(path, headers=headers) for each in (pair.even, pair.odd)]


OF_A_VEHICLE = ["", "/windows", "/trips", "/track", "/quality", "/windows?format=csv", "/trips?format=csv&kind=all"]


@pytest.mark.parametrize("rest", OF_A_VEHICLE)
async def test_its_tenant_sees_a_vehicle_and_another_is_told_that_there_is_none(closed: Pair, rest: str) -> None:
    own = await ask(closed, "north", f"/api/vehicles/a{rest}")
    others = await ask(closed, "south", f"/api/vehicles/a{rest}")
    unknown = await ask(closed, "south", f"/api/vehicles/x{rest}")

    assert [answer.status_code for answer in own] == [200, 200]
    assert [answer.status_code for answer in others] == [404, 404]
    assert {answer.text.replace("'a'", "'x'") for answer in others} == {answer.text for answer in unknown}


@pytest.mark.parametrize("rest", ["/windows?from=2&to=1", "/trips?from=0", "/track?from=0", "/quality?from=0"])
async def test_what_is_wrong_with_a_request_does_not_tell_that_there_is_a_vehicle(closed: Pair, rest: str) -> None:
    others = await ask(closed, "south", f"/api/vehicles/a{rest}")
    unknown = await ask(closed, "south", f"/api/vehicles/x{rest}")

    assert {answer.status_code for answer in await ask(closed, "north", f"/api/vehicles/a{rest}")} == {400}
    assert {answer.text.replace("'a'", "'x'") for answer in others} == {answer.text for answer in unknown}


async def test_a_trip_is_its_vehicles_tenants(closed: Pair) -> None:
    unknown = TRIP.replace("a@", "x@")

    assert [answer.json()["tenant"] for answer in await ask(closed, "north", f"/api/trips/{TRIP}")] == ["north"] * 2
    assert [answer.status_code for answer in await ask(closed, "south", f"/api/trips/{TRIP}")] == [404, 404]
    assert [answer.text.replace("'a'", "'x'") for answer in await ask(closed, "south", f"/api/trips/{TRIP}")] == [
        answer.text for answer in await ask(closed, "south", f"/api/trips/{unknown}")
    ]


@pytest.mark.parametrize(
    ("path", "own", "others"),
    [
        ("/api/vehicles?fields=vehicle_id,tenant", ["a"], ["b", "c"]),
        ("/api/vehicles?tenant=north", ["a"], []),
        ("/api/vehicles?tag=cold", ["a"], ["b"]),
        ("/api/vehicles?limit=1", ["a"], ["b"]),
        ("/api/vehicle-profiles", ["a"], ["b"]),
        ("/api/vehicle-profiles?tenant=north", ["a"], []),
    ],
)
async def test_a_list_is_of_the_callers_own_vehicles(
    closed: Pair, path: str, own: list[str], others: list[str]
) -> None:
    for tenant, expected in (("north", own), ("south", others)):
        for answer in await ask(closed, tenant, path):
            assert [item["vehicle_id"] for item in answer.json()["items"]] == expected


@pytest.mark.parametrize("query", ["", "?format=geojson", "?tag=none", "?tenant=north"])
async def test_nothing_of_another_tenants_geofences_is_told(closed: Pair, query: str) -> None:
    for answer in await ask(closed, "south", f"/api/geofences{query}"):
        assert answer.status_code == 200
        assert "north" not in answer.text


@pytest.mark.parametrize(("path", "unknown"), [("geofences/north", "x"), ("vehicle-profiles/a", "x")])
async def test_what_is_another_tenants_is_not_found(closed: Pair, path: str, unknown: str) -> None:
    [own, _], [others, _] = [await ask(closed, tenant, f"/api/{path}") for tenant in TENANTS]
    room, _, name = path.partition("/")
    [none, _] = await ask(closed, "south", f"/api/{room}/{unknown}")

    assert (own.status_code, others.status_code) == (200, 404)
    assert others.text.replace(f"'{name}'", "'x'") == none.text


async def test_what_a_tenant_knows_does_not_tell_it_what_another_has(closed: Pair) -> None:
    [own, _] = await ask(closed, "north", "/api/vehicles/a")
    headers = {"Authorization": f"Bearer south-viewer.{SECRET}", "If-None-Match": own.headers["etag"]}
    answers = [
        await closed.even.client.get("/api/vehicles/a", headers=headers | given)
        for given in ({}, {"If-None-Match": "*"})
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize("path", ["/api/cluster", "/api/tables", "/api/tables/vehicles", "/metrics"])
async def test_what_is_of_all_tenants_is_for_those_who_see_all(closed: Pair, path: str) -> None:
    assert [answer.status_code for answer in await ask(closed, "north", path)] == [403, 403]
    assert (await closed.even.client.get(path)).status_code == 200


async def test_who_sees_all_may_ask_for_one_tenant(closed: Pair) -> None:
    listed = (await closed.odd.client.get("/api/vehicles?tenant=south")).json()["items"]

    assert [(item["vehicle_id"], item["tenant"]) for item in listed] == [("b", "south"), ("c", "south")]


def sight(caller: Caller, **vehicles: Vehicle) -> tuple[Sight, FakeViews]:
    views = FakeViews()
    views.show(VEHICLE_PROFILES, PROFILES)
    return Sight(reader_of({"vehicles": vehicles}, views), caller), views


async def test_a_vehicle_is_shown_as_its_profiles_tenants() -> None:
    seen, _ = sight(LOCAL, **VEHICLES)

    assert [seen.known(vehicle_id).tenant for vehicle_id in VEHICLES] == ["north", "south", "south"]


async def test_whose_vehicles_are_cannot_be_told_before_the_profiles_are_read() -> None:
    seen, views = sight(msgspec.structs.replace(LOCAL, tenant="default"), **VEHICLES)
    views.are_whole = False

    with pytest.raises(ApiError) as caught:
        seen.find("a")

    assert (caught.value.problem.status, caught.value.problem.code) == (503, "not_running")


@pytest.mark.parametrize(("profile", "tenant"), [(None, "south"), (PROFILES["a"], "north"), (PROFILES["b"], "south")])
def test_the_profile_says_whose_a_vehicle_is(profile: VehicleProfile | None, tenant: str) -> None:
    before: dict[str, Any] = {"vehicle_id": "c", "tenant": "south", "late": 3}

    assert of_its_tenant(Vehicle(**before), profile) == Vehicle(**before | {"tenant": tenant})
