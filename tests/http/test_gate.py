"""Who may ask, under which name, and what every answer carries."""

import asyncio

import pytest
from litestar import Router, post

from fleet_app.domain.access.rights import Right
from fleet_app.http.access import needs
from tests.web.fakes import KEY, VEHICLES, Group, Pair, WorkerParts, two_workers, worker

pytestmark = pytest.mark.anyio
OPEN = [
    "/",
    "/docs",
    "/docs.css",
    "/favicon.svg",
    "/healthz",
    "/login",
    "/page.css",
    "/page.js",
    "/readyz",
    "/schema/openapi.json",
]
CLOSED = [
    "/api/vehicles",
    "/api/vehicles/van-1",
    "/api/vehicles/van-1/windows",
    "/api/tables",
    "/api/tables/vehicles",
    "/api/tables/vehicles/van-1",
    "/api/cluster",
    "/api/positions",
    "/internal/vehicles?limit=1",
    "/internal/tables",
    "/internal/tables/vehicles?limit=1",
    "/internal/worker",
    "/metrics",
    "/schema/nothing",
    "/nothing",
    "/healthz/",
    "/healthz%2f..%2fapi/vehicles",
]


def door() -> Router:
    """Return a stand-in for a router of another room."""

    @post("/api/positions", opt=needs(Right.SEND_POSITIONS), status_code=202)
    async def take() -> dict[str, int]:
        return {"taken": 1}

    return Router("/", route_handlers=[take])


@pytest.mark.parametrize(
    ("credentials", "refusals"),
    [
        (None, {401}),
        ("", {401}),
        # The first ten times 401; a device whose key is wrong goes on for ever.
        ("Bearer", {401, 429}),
        ("Bearer wrong", {401, 429}),
        (KEY, {401, 429}),
        (f"Basic {KEY}", {401, 429}),
        (f"Bearer {KEY}x", {401, 429}),
        (f"Fleet-Worker {KEY}", {401, 429}),
        ("Bearer ü", {401, 429}),
    ],
)
async def test_without_a_key_nothing_is_served_but_probes_and_pages(
    credentials: str | None, refusals: set[int]
) -> None:
    async with worker(Group(), range(8), {"vehicles": VEHICLES}, api_key=KEY, routers=(door(),)) as alone:
        del alone.client.headers["Authorization"]
        headers = [] if credentials is None else [(b"Authorization", credentials.encode())]
        refused = [await alone.client.get(path, headers=headers) for path in CLOSED]
        refused.append(await alone.client.post("/api/positions", headers=headers))
        served = [await alone.client.get(path, headers=headers) for path in OPEN]

    assert {answer.status_code for answer in refused} == refusals
    assert {answer.json()["code"] for answer in refused} <= {"unauthorized", "too_many_failures"}
    assert {answer.status_code for answer in served} == {200}


async def test_with_the_key_everything_is_served_through_either_worker() -> None:
    async with two_workers({"vehicles": VEHICLES}, api_key=KEY) as pair:
        for client in (pair.even.client, pair.odd.client):
            assert (await client.get("/api/vehicles/van-1")).status_code == 200
            assert (await client.get("/api/vehicles")).status_code == 200


async def test_a_router_of_another_room_is_served_behind_the_same_gate() -> None:
    async with worker(Group(), [], {}, api_key=KEY, routers=(door(),)) as alone:
        answer = await alone.client.post("/api/positions")

    assert (answer.status_code, answer.json()) == (202, {"taken": 1})


@pytest.mark.parametrize(
    "path", [*OPEN, "/api/vehicles", "/api/vehicles/ghost", "/nothing", "/schema/nothing", "/metrics"]
)
async def test_every_answer_carries_the_security_headers(pair: Pair, path: str) -> None:
    headers = (await pair.even.client.get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers
    assert "unsafe" not in headers["content-security-policy"]
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] in {"no-store", "no-cache"}


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:1", "127.9.9.9", "[::1]:8080", "LOCALHOST"])
async def test_without_a_key_a_worker_answers_to_loopback_names(pair: Pair, host: str) -> None:
    assert (await pair.even.client.get("/api/cluster", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8080", "10.0.0.1", "", "[::1", "a b"]
)
async def test_without_a_key_a_worker_does_not_answer_to_a_name_made_to_point_at_it(pair: Pair, host: str) -> None:
    answer = await pair.even.client.get("/api/cluster", headers={"Host": host})

    assert answer.status_code == 421
    assert answer.json()["code"] == "wrong_host"


async def test_with_a_key_a_worker_answers_to_any_name() -> None:
    async with worker(Group(), [], {}, api_key=KEY) as alone:
        assert (await alone.client.get("/api/cluster", headers={"Host": "fleet.example"})).status_code == 200


async def post_from(alone: WorkerParts, origin: str) -> int:
    return (await alone.client.post("/api/positions", headers={"Origin": origin})).status_code


async def test_without_a_key_a_page_of_another_origin_cannot_send_positions() -> None:
    async with worker(Group(), [], {}, routers=(door(),)) as alone:
        assert await post_from(alone, "http://evil.example") == 403
        assert await post_from(alone, "null") == 403
        assert await post_from(alone, "http://localhost:1") == 403
        assert await post_from(alone, alone.url) == 202


async def status_of(alone: WorkerParts, target: str) -> int:
    """Send a request line as it is given, which no HTTP library would."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(alone.url.rpartition(":")[2]))
    writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    line = await reader.readline()
    await reader.read()
    writer.close()
    return int(line.split()[1])


@pytest.mark.parametrize(
    "target",
    ["//", "//healthz", "/%68ealthz", "/healthz/../api/vehicles", "/./healthz", "*"],
)
async def test_no_other_spelling_of_an_open_path_is_open(target: str) -> None:
    async with worker(Group(), range(8), {"vehicles": VEHICLES}, api_key=KEY) as alone:
        assert await status_of(alone, target) == 401
