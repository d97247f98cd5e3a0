"""`/api/geofences`: any worker shows what there is, from its own copy."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from fleet_app.domain.geofences.geofence import Circle, Geofence, Polygon
from fleet_app.domain.geofences.geojson import ReadGeofence, read_geojson
from fleet_app.global_views import GEOFENCES
from fleet_app.web.geofences import collection_in_parts
from tests.web.fakes import Group, WorkerParts, beside_other_work, worker

pytestmark = pytest.mark.anyio
HERE = Circle(52.5, 13.25, 100.0)
DEPOT = Geofence(geofence_id="depot-süd", name="Depot", shape=HERE, tags=("depot", "north"), revision=3)
YARD = Geofence(geofence_id="yard", name="Yard", shape=HERE, tags=("yard",), revision=1)
THEIRS = Geofence(geofence_id="theirs", name="Theirs", shape=HERE, tags=("depot",), tenant="others", revision=1)
RING = Geofence(
    geofence_id="ring",
    name="Ring",
    shape=Polygon((((13.0, 52.0), (13.1, 52.0), (13.1, 52.1), (13.0, 52.0)),)),
    speed_limit_mps=5.0,
    revision=2,
)
NUMBERED = [Geofence(geofence_id=f"f{number:03}", name=f"F {number}", shape=HERE, revision=1) for number in range(250)]


@pytest.fixture
async def alone() -> AsyncIterator[WorkerParts]:
    group = Group()
    async with worker(group, range(group.partitions), {}) as alone:
        yield alone


def as_json(geofence: Geofence) -> object:
    return msgspec.json.decode(msgspec.json.encode(geofence))


def show(alone: WorkerParts, *geofences: Geofence) -> None:
    alone.views.show(GEOFENCES, {each.geofence_id: each for each in geofences})


async def listed(alone: WorkerParts, query: str = "") -> dict[str, Any]:
    answer = await alone.client.get(f"/api/geofences{query}")
    assert answer.status_code == 200
    page: dict[str, Any] = answer.json()
    return page


async def ids(alone: WorkerParts, query: str = "") -> list[str]:
    return [item["geofence_id"] for item in (await listed(alone, query))["items"]]


async def test_without_any_the_list_is_empty(alone: WorkerParts) -> None:
    assert await listed(alone) == {"items": [], "next": None}


async def test_all_are_listed_in_the_order_of_their_ids_as_they_stand_on_the_topic(alone: WorkerParts) -> None:
    show(alone, YARD, THEIRS, DEPOT)
    page = await listed(alone)

    assert page == {"items": [as_json(each) for each in (DEPOT, THEIRS, YARD)], "next": None}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?tag=depot", ["depot-süd", "theirs"]),
        ("?tenant=default", ["depot-süd", "yard"]),
        ("?tag=depot&tenant=others", ["theirs"]),
        ("?tag=nothing", []),
    ],
)
async def test_a_list_can_be_asked_for_by_tag_and_tenant(alone: WorkerParts, query: str, found: list[str]) -> None:
    show(alone, YARD, THEIRS, DEPOT)

    assert await ids(alone, query) == found


@pytest.mark.parametrize("limit", [1, 7, 100, 249, 250])
async def test_pages_follow_on_each_other_and_miss_nothing(alone: WorkerParts, limit: int) -> None:
    show(alone, *NUMBERED)
    found: list[str] = []
    page = await listed(alone, f"?limit={limit}")
    while page["next"] is not None:
        found += [item["geofence_id"] for item in page["items"]]
        page = await listed(alone, f"?limit={limit}&cursor={page['next']}")
    found += [item["geofence_id"] for item in page["items"]]

    assert found == [each.geofence_id for each in NUMBERED]


async def test_pages_hold_only_what_is_asked_for(alone: WorkerParts) -> None:
    show(alone, YARD, THEIRS, DEPOT)
    first = await listed(alone, "?tenant=default&limit=1")

    assert [item["geofence_id"] for item in first["items"]] == ["depot-süd"]
    assert await ids(alone, f"?tenant=default&limit=1&cursor={first['next']}") == ["yard"]


async def test_one_is_answered_with_its_revision_as_its_etag(alone: WorkerParts) -> None:
    show(alone, DEPOT)
    answer = await alone.client.get("/api/geofences/depot-s%C3%BCd")

    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')
    assert answer.json() == as_json(DEPOT)


async def test_some_fields_can_be_asked_for_of_one_and_of_all(alone: WorkerParts) -> None:
    show(alone, DEPOT, YARD)
    one = await alone.client.get("/api/geofences/yard?fields=name,tags")

    assert one.json() == {"name": "Yard", "tags": ["yard"]}
    assert (await listed(alone, "?fields=geofence_id"))["items"] == [
        {"geofence_id": "depot-süd"},
        {"geofence_id": "yard"},
    ]


@pytest.mark.parametrize("path", ["/api/geofences", "/api/geofences/yard"])
async def test_what_a_client_has_is_not_sent_again_until_it_changes(alone: WorkerParts, path: str) -> None:
    show(alone, YARD)
    tag = {"If-None-Match": (await alone.client.get(path)).headers["etag"]}
    unchanged = await alone.client.get(path, headers=tag)
    show(alone, msgspec.structs.replace(YARD, name="Yard 2", revision=2))
    changed = await alone.client.get(path, headers=tag)

    assert (unchanged.status_code, unchanged.content, changed.status_code) == (304, b"", 200)


async def test_what_there_is_none_of_is_not_found(alone: WorkerParts) -> None:
    answer = await alone.client.get("/api/geofences/ghost")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_geofence")
    assert "'ghost'" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/geofences", "/api/geofences/depot"])
async def test_until_the_copy_is_whole_nothing_is_answered(alone: WorkerParts, path: str) -> None:
    alone.views.are_whole = False
    answer = await alone.client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (503, "not_running")
    assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize("query", ["?limit=0", "?limit=1001", "?cursor=%21"])
async def test_what_cannot_be_asked_for_is_a_bad_request(alone: WorkerParts, query: str) -> None:
    assert (await alone.client.get(f"/api/geofences{query}")).status_code == 400


async def exported(alone: WorkerParts, query: str = "") -> dict[str, Any]:
    answer = await alone.client.get(f"/api/geofences?format=geojson{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/geo+json")
    collection: dict[str, Any] = answer.json()
    return collection


async def test_an_export_is_a_collection_of_features_that_reads_back_as_it_was(alone: WorkerParts) -> None:
    show(alone, YARD, DEPOT, RING)
    read = list(read_geojson(msgspec.json.encode(await exported(alone)), lambda: "new"))

    assert [each.geofence for each in read if isinstance(each, ReadGeofence)] == [DEPOT, RING, YARD]


async def test_without_any_an_export_is_an_empty_collection(alone: WorkerParts) -> None:
    assert await exported(alone) == {"type": "FeatureCollection", "features": []}


async def test_an_export_holds_all_that_is_asked_for(alone: WorkerParts) -> None:
    show(alone, *NUMBERED, THEIRS)

    assert len((await exported(alone, "&limit=1"))["features"]) == 251
    assert [each["id"] for each in (await exported(alone, "&tenant=others"))["features"]] == ["theirs"]


async def test_a_large_export_comes_in_parts_and_lets_other_work_have_its_turn() -> None:
    parts, turns = await beside_other_work(collected(NUMBERED * 10))

    assert len(parts) == 6
    assert turns >= 5
    assert len(msgspec.json.decode(b"".join(parts))["features"]) == 2_500


async def collected(geofences: list[Geofence]) -> list[bytes]:
    return [part async for part in collection_in_parts(geofences)]


async def test_an_unknown_format_is_a_bad_request_that_names_those_there_are(alone: WorkerParts) -> None:
    answer = await alone.client.get("/api/geofences?format=kml")

    assert answer.status_code == 400
    assert "json or geojson" in answer.json()["detail"]
