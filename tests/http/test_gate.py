"""Who may ask, under which name, and what every answer carries."""

import asyncio
from typing import Any

import pytest
from litestar import Router, WebSocket, post, websocket
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from fleet_app.domain.access.rights import Right, Role
from fleet_app.global_views import API_KEYS
from fleet_app.http.access import needs
from fleet_app.http.origins import REMEMBERED_S
from tests.web.fakes import CLUSTER_SECRET, KEY, VEHICLES, Group, Pair, WorkerParts, two_workers, worker
from tests.web.keys import api_key, bearer, token

pytestmark = pytest.mark.anyio
OPEN = [
    "/",
    "/docs",
    "/docs.css",
    "/favicon.svg",
    "/healthz",
    "/login",
    "/page.css",
    "/readyz",
    "/schema/openapi.json",
    "/system",
    "/vehicles/van-1",
    "/vehicles/a%2Fb/trips",
]
CLOSED = [
    "/api/vehicles",
    "/api/vehicles/van-1",
    "/api/vehicles/van-1/windows",
    "/api/tables",
    "/api/tables/vehicles",
    "/api/tables/vehicles/van-1",
    "/api/cluster",
    "/api/page-settings",
    "/api/positions",
    "/map/region.pmtiles",
    "/vehicles/van-1/trips/7",
    "/assets/nothing.js",
    "/internal/vehicles?limit=1",
    "/internal/tables",
    "/internal/tables/vehicles?limit=1",
    "/internal/worker",
    "/metrics",
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


async def test_only_another_worker_is_believed_to_pass_a_request_on() -> None:
    passed_on = {"Fleet-Forwarded-By": "http://worker-9:8080", "Fleet-On-Behalf-Of": "nonsense"}
    async with two_workers({"vehicles": VEHICLES}, api_key=KEY) as pair:
        other = pair.other_than(pair.owner_of("van-1")).client
        by_client = await other.get("/api/vehicles/van-1", headers=passed_on)
        del passed_on["Fleet-On-Behalf-Of"]
        secret = {"Authorization": f"Fleet-Worker {CLUSTER_SECRET}"}
        by_worker = await other.get("/api/vehicles/van-1", headers={**passed_on, **secret})

    assert by_client.status_code == 200
    assert (by_worker.status_code, by_worker.json()["code"]) == (503, "no_owner")


async def test_the_key_of_a_client_is_not_passed_on() -> None:
    async with two_workers({"vehicles": VEHICLES}, keys=[api_key("viewer", Role.VIEWER)]) as pair:
        owner = pair.owner_of("van-1")
        asked = pair.other_than(owner)
        # The owner does not know the key, which it would have to if it were passed on.
        owner.views.show(API_KEYS, {"viewer": None})

        assert (await owner.client.get("/api/vehicles/van-1", headers=bearer("viewer"))).status_code == 401
        assert (await asked.client.get("/api/vehicles/van-1", headers=bearer("viewer"))).status_code == 200


PARTNER = "https://tms.example"


async def test_pages_of_a_named_origin_ask_with_a_key_and_of_no_other() -> None:
    asking = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    async with worker(Group(), [], {}, api_key=KEY, cors_origins=PARTNER) as alone:
        preflight = await alone.client.request("OPTIONS", "/api/cluster", headers={**asking, "Origin": PARTNER})
        answer = await alone.client.get("/api/cluster", headers={"Origin": PARTNER})
        refused = await alone.client.get("/nothing", headers={"Origin": PARTNER})
        del alone.client.headers["Authorization"]
        other = await alone.client.request(
            "OPTIONS", "/api/cluster", headers={**asking, "Origin": "https://evil.example"}
        )

    assert preflight.status_code == 204
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    assert {each.headers["access-control-allow-origin"] for each in (preflight, answer, refused)} == {PARTNER}
    assert {each.headers["vary"] for each in (preflight, answer, refused, other)} == {"Origin"}
    assert (other.status_code, "access-control-allow-origin" in other.headers) == (401, False)


async def test_pages_of_other_origins_read_nothing_by_default(pair: Pair) -> None:
    answer = await pair.even.client.get("/api/cluster", headers={"Origin": PARTNER})

    assert [name for name in answer.headers if name.startswith("access-control")] == []


PUTTING = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "fleet-csrf, if-match"}


async def test_a_page_of_another_member_goes_on_here_with_the_session_of_its_visitor() -> None:
    async with two_workers({}, keys=[api_key("viewer", Role.VIEWER)]) as pair:
        page, home = {"Origin": pair.odd.url}, pair.even.client
        del home.headers["Authorization"]
        await home.post("/login", json={"key": token("viewer")}, headers=page)
        preflight = await home.request("OPTIONS", "/api/geofences/depot", headers={**page, **PUTTING})
        csrf = (await home.get("/api/session", headers=page)).json()["csrf_token"]
        # 405: past the gate, where nothing can be put.
        changed = await home.put("/api/session", headers={**page, "Fleet-CSRF": csrf})
        by_cookie_alone = await home.put("/api/session", headers=page)

    assert preflight.status_code == 204
    assert "fleet-csrf" in preflight.headers["access-control-allow-headers"].lower()
    assert {each.headers["access-control-allow-origin"] for each in (preflight, changed)} == {pair.odd.url}
    assert {each.headers["access-control-allow-credentials"] for each in (preflight, changed)} == {"true"}
    assert (changed.status_code, by_cookie_alone.status_code) == (405, 403)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
async def test_a_strangers_page_goes_on_nowhere(origin: str) -> None:
    async with two_workers({}, keys=[api_key("viewer", Role.VIEWER)]) as pair:
        page, client = {"Origin": origin}, pair.even.client
        del client.headers["Authorization"]
        await client.post("/login", json={"key": token("viewer")})
        csrf = (await client.get("/api/session")).json()["csrf_token"]
        preflight = await client.request("OPTIONS", "/api/geofences/depot", headers={**page, **PUTTING})
        read = await client.get("/api/session", headers=page)
        changed = await client.put("/api/session", headers={**page, "Fleet-CSRF": csrf})

    told = [name for each in (preflight, read, changed) for name in each.headers if name.startswith("access-con")]
    assert (told, changed.status_code) == ([], 403)


def feed() -> Router:
    """Return a stand-in for the live feed."""

    @websocket("/live", opt=needs(Right.SEE))
    async def watch(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        await socket.close()

    return Router("/", route_handlers=[watch])


async def handshake(alone: WorkerParts, origin: str) -> int:
    try:
        async with connect(alone.url.replace("http", "ws", 1) + "/live", origin=Origin(origin)) as socket:
            assert socket.response is not None
            return socket.response.status_code
    except InvalidStatus as error:
        return error.response.status_code


async def test_pages_of_members_follow_the_feed_and_go_on_when_their_worker_has_left_but_not_for_ever() -> None:
    async with two_workers({}, routers=(feed(),)) as pair:
        as_member = await handshake(pair.even, pair.odd.url)
        pair.group.give(pair.even.url, range(8))
        just_left = await handshake(pair.even, pair.odd.url)
        pair.even.clock.now_s += REMEMBERED_S + 1
        long_gone = await handshake(pair.even, pair.odd.url)

    assert (as_member, just_left, long_gone) == (101, 101, 403)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
async def test_a_strangers_page_does_not_follow_the_feed(origin: str) -> None:
    async with two_workers({}, routers=(feed(),)) as pair:
        assert await handshake(pair.even, origin) == 403


async def test_a_worker_remembers_who_the_others_were_though_their_pages_never_asked_it() -> None:
    group, gone = Group(), "http://127.0.0.1:9"
    group.give(gone, [0])
    async with worker(group, [1], {}, routers=(feed(),)) as alone:
        group.give(alone.url, [0])

        assert await handshake(alone, gone) == 101


@pytest.mark.parametrize("nested", [b"[" * 100_000, b'{"key":' * 100_000, b'{"a":' * 3_000 + b"1" + b"}" * 3_000])
async def test_a_body_nested_beyond_all_use_is_a_bad_request(pair: Pair, nested: bytes) -> None:
    answer = await pair.even.client.post("/login", content=nested)

    assert answer.status_code in {400, 413}
