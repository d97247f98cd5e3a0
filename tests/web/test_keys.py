"""API keys as those are shown them who keep them."""

import json
from collections.abc import AsyncIterator

import msgspec
import pytest

from fleet_app.domain.access.rights import Role
from fleet_app.domain.access.shown_key import shown_key
from tests.web.fakes import PARTITIONS, Group, WorkerParts, worker
from tests.web.keys import api_key, bearer, device_key

pytestmark = pytest.mark.anyio

PATH = "/api/keys"
KEYS = (
    device_key("a", "phone-7", tenant="north"),
    api_key("b", Role.ADMIN, "north"),
    api_key("c", Role.ADMIN, "south"),
    api_key("d", Role.VIEWER),
)


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[WorkerParts]:
    async with worker(Group(), range(PARTITIONS), {}, keys=KEYS) as parts:
        yield parts


async def ids(served: WorkerParts, query: str = "", as_key: str | None = None) -> list[str]:
    headers = {} if as_key is None else bearer(as_key)
    return [item["key_id"] for item in (await served.client.get(f"{PATH}?{query}", headers=headers)).json()["items"]]


async def test_all_keys_are_listed_in_the_order_of_their_ids_and_without_digests(served: WorkerParts) -> None:
    answer = await served.client.get(PATH)

    assert answer.json() == {"items": json.loads(msgspec.json.encode([*map(shown_key, KEYS)])), "next": None}
    assert [key.key_id for key in KEYS if key.secrets[0].sha256 in answer.text] == []


async def test_pages_follow_each_other(served: WorkerParts) -> None:
    first = (await served.client.get(PATH, params={"limit": 3})).json()

    assert [item["key_id"] for item in first["items"]] == ["a", "b", "c"]
    assert await ids(served, f"cursor={first['next']}") == ["d"]


async def test_a_list_can_be_of_one_tenant(served: WorkerParts) -> None:
    assert await ids(served, "tenant=north") == ["a", "b"]


async def test_a_tenants_admin_is_shown_its_tenants_keys_alone(served: WorkerParts) -> None:
    assert [await ids(served, query, "b") for query in ("", "tenant=north", "tenant=south")] == [
        ["a", "b"],
        ["a", "b"],
        [],
    ]


async def test_one_key_is_shown_with_its_revision(served: WorkerParts) -> None:
    answer = await served.client.get(f"{PATH}/a")

    assert (answer.status_code, answer.headers["ETag"]) == (200, '"0"')
    assert answer.json() == json.loads(msgspec.json.encode(shown_key(KEYS[0])))


async def test_another_tenants_key_is_answered_like_one_that_there_is_not(served: WorkerParts) -> None:
    asked = [await served.client.get(f"{PATH}/{key_id}", headers=bearer("b")) for key_id in ("c", "d", "x")]

    assert [(answer.status_code, answer.json()["code"]) for answer in asked] == [(404, "unknown_api_key")] * 3
    assert [answer.json()["detail"] for answer in asked] == [f"there is no API key '{key_id}'" for key_id in "cdx"]


@pytest.mark.parametrize("path", [PATH, f"{PATH}/a"])
async def test_keys_are_for_admins(served: WorkerParts, path: str) -> None:
    asked = [await served.client.get(path, headers=bearer(key_id)) for key_id in ("a", "d")]

    assert [answer.status_code for answer in asked] == [403, 403]


async def test_before_all_keys_are_read_none_is_told(served: WorkerParts) -> None:
    served.views.are_whole = False
    asked = [await served.client.get(path) for path in (PATH, f"{PATH}/a")]
    served.views.are_whole = True

    assert [answer.status_code for answer in asked] == [503, 503]
