"""What every worker knows of vehicles beside their fixes."""

import json
from collections.abc import AsyncIterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.access.caller import LOCAL
from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.vehicle_class import VehicleClass
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.stream.reads import Phase
from fleet_app.web.paging import decode_cursor
from fleet_app.web.profiles import Wanted, page_of
from tests.web.fakes import PARTITIONS, Group, WorkerParts, worker

pytestmark = pytest.mark.anyio

PATH = "/api/vehicle-profiles"
PROFILES = {
    profile.vehicle_id: profile
    for profile in (
        VehicleProfile(vehicle_id="b", vehicle_class=VehicleClass.TRUCK, tags=("cold", "long"), revision=4),
        VehicleProfile(vehicle_id="c", tenant="others", revision=2),
        VehicleProfile(vehicle_id="ä 7", name="Anna", tags=("cold",), group="north", revision=1),
    )
}


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[WorkerParts]:
    async with worker(Group(), range(PARTITIONS), {}) as parts:
        parts.views.show(VEHICLE_PROFILES, PROFILES)
        yield parts


async def ids(served: WorkerParts, query: str = "") -> list[str]:
    return [item["vehicle_id"] for item in (await served.client.get(f"{PATH}?{query}")).json()["items"]]


async def test_all_profiles_are_listed_in_the_order_of_their_ids(served: WorkerParts) -> None:
    answer = await served.client.get(PATH)

    assert answer.json() == {"items": json.loads(msgspec.json.encode([*PROFILES.values()])), "next": None}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("group=north", ["ä 7"]),
        ("tag=cold", ["b", "ä 7"]),
        ("tenant=default", ["b", "ä 7"]),
        ("tenant=others", ["c"]),
        ("class=truck", ["b"]),
        ("tag=cold&class=truck", ["b"]),
        ("group=south", []),
    ],
)
async def test_a_list_can_be_of_some(served: WorkerParts, query: str, expected: list[str]) -> None:
    assert await ids(served, query) == expected


@pytest.mark.parametrize("query", ["class=rocket", "limit=0", "limit=1001", "cursor=%25"])
async def test_a_list_that_cannot_be_is_a_bad_request(served: WorkerParts, query: str) -> None:
    assert (await served.client.get(f"{PATH}?{query}")).status_code == 400


async def test_pages_follow_each_other(served: WorkerParts) -> None:
    first = (await served.client.get(PATH, params={"limit": 2, "tag": "cold"})).json()
    rest = (await served.client.get(PATH, params={"limit": 1})).json()
    second = (await served.client.get(PATH, params={"limit": 2, "cursor": rest["next"]})).json()

    assert first["next"] is None
    assert [item["vehicle_id"] for item in rest["items"] + second["items"]] == ["b", "c", "ä 7"]


async def test_one_profile_comes_with_its_revision(served: WorkerParts) -> None:
    answer = await served.client.get(f"{PATH}/%C3%A4%207")

    assert answer.headers["etag"] == '"1"'
    assert msgspec.json.decode(answer.content, type=VehicleProfile) == PROFILES["ä 7"]


async def test_one_profile_may_be_asked_for_some_of_its_fields(served: WorkerParts) -> None:
    answer = await served.client.get(f"{PATH}/b", params={"fields": "vehicle_class,revision,name"})
    listed = await served.client.get(PATH, params={"fields": "vehicle_id"})

    assert (answer.json(), answer.headers["etag"]) == ({"vehicle_class": "truck", "revision": 4}, '"4"')
    assert listed.json()["items"] == [{"vehicle_id": vehicle_id} for vehicle_id in PROFILES]


@pytest.mark.parametrize("path", [PATH, f"{PATH}/b"])
async def test_profiles_that_a_client_has_are_not_sent_again(served: WorkerParts, path: str) -> None:
    tag = (await served.client.get(path)).headers["etag"]
    answer = await served.client.get(path, headers={"If-None-Match": tag})

    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)


async def test_a_vehicle_without_a_profile_is_not_found(served: WorkerParts) -> None:
    answer = await served.client.get(f"{PATH}/d")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_profile")


async def test_before_the_profiles_are_read_whole_nothing_is_told_of_them() -> None:
    async with worker(Group(), range(PARTITIONS), {}, phase=Phase.RESTORING) as parts:
        parts.views.are_whole = False
        early = await parts.client.get(PATH)
        parts.views.are_whole = True
        late = await parts.client.get(PATH)

    assert (early.status_code, early.json()["code"], late.status_code) == (503, "not_running", 200)


@given(
    st.sets(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=3)),
    st.integers(1, 5),
    st.sampled_from(["cold", None]),
)
async def test_pages_are_every_profile_that_is_wanted_once(names: set[str], limit: int, tag: str | None) -> None:
    profiles = {name: VehicleProfile(vehicle_id=name, tags=("cold",) * (len(name) % 2)) for name in names}
    fleet = Fleet().changed(profiles)
    wanted = Wanted(caller=LOCAL, tag=tag)
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await page_of(fleet, wanted, after=after, limit=limit)
        assert len(page.items) <= limit
        found += [msgspec.json.decode(item, type=VehicleProfile).vehicle_id for item in page.items]
        after = None if page.next is None else (decode_cursor(page.next) or b"").decode()

    assert found == [name for name in sorted(names) if wanted.fits(profiles[name])]


async def test_a_large_fleet_is_walked_beside_other_work() -> None:
    fleet = Fleet().changed({f"van-{n}": VehicleProfile(vehicle_id=f"van-{n}") for n in range(5_000)})

    assert (await page_of(fleet, Wanted(caller=LOCAL, group="none"), after="", limit=10)).items == []
