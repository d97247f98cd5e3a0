"""What clients that mean no good can do to the socket: nothing that costs others."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from litestar import Response, Router, get, websocket
from litestar.connection import WebSocket
from litestar.params import FromQuery

from fleet_app.domain.access.rights import Right, Role
from fleet_app.http.access import needs
from fleet_app.http.connection import MAX_HEAD_BYTES, MAX_HEADERS, MAX_PIPELINED, Limits
from tests.http.raw import connected, exchange, statuses
from tests.web.fakes import KEY, VEHICLES, Group, WorkerParts, worker
from tests.web.keys import api_key, token

pytestmark = pytest.mark.anyio
AT_ONCE = Limits(head_s=0, body_s=0, body_bytes_per_s=1_000_000_000)
PROBE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@get("/headers", opt=needs(Right.OPEN))
async def answer_with_what_was_asked(name: FromQuery[str], value: FromQuery[str]) -> Response[None]:
    return Response(None, headers={name: value})


@websocket("/echo", opt=needs(Right.SEE))
async def echo(socket: WebSocket) -> None:  # type: ignore[type-arg] # Litestar reads the bare name
    await socket.accept()
    await socket.send_text(str(len(await socket.receive_text())))
    await socket.close()


ROUTERS = (Router("/", route_handlers=[answer_with_what_was_asked, echo]),)


@pytest.fixture(scope="module")
async def alone() -> AsyncIterator[WorkerParts]:
    async with worker(Group(), range(8), {"vehicles": VEHICLES}, routers=ROUTERS) as parts:
        yield parts


@pytest.mark.parametrize(
    "headers",
    [
        b"Host: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Host: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n",
        b"Host: localhost\r\nContent-Length: +4\r\n",
        b"Host: localhost\r\nContent-Length: 4, 4\r\n",
        b"Host: localhost\r\nTransfer-Encoding: xchunked\r\n",
        b"Host: localhost\r\nTransfer-Encoding: chunked, identity\r\n",
        b"Host: localhost\r\nTransfer-Encoding : chunked\r\n",
        b"Host: localhost\r\nX: a\nContent-Length: 4\r\n",
        b"Host: localhost\r\nX: a\rContent-Length: 4\r\n",
        b"Host: localhost\r\nX: a\r\n folded\r\n",
        b"Host: localhost\r\nX: a\x00b\r\n",
        b"Host: localhost\r\n: a\r\n",
        b"Host: localhost\r\nHost: evil.example\r\n",
        b"Host: localhost\r\nAuthorization: a\r\nauthorization: b\r\n",
        b"",
    ],
)
async def test_a_request_that_a_proxy_may_read_otherwise_is_refused(alone: WorkerParts, headers: bytes) -> None:
    answer = await exchange(alone.url, b"POST /login HTTP/1.1\r\n" + headers + b"Connection: close\r\n\r\n0\r\n\r\n")

    assert statuses(answer) == [400]


@pytest.mark.parametrize(
    "request_",
    [b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"nonsense\r\n\r\n", b"\x00"],
)
async def test_what_is_no_http_is_refused(alone: WorkerParts, request_: bytes) -> None:
    answer = await exchange(alone.url, request_)

    assert statuses(answer) == [400]
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["code"] == "bad_request"


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * MAX_HEADERS + b"\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nA: " + b"b" * MAX_HEAD_BYTES + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + (b"A: " + b"b" * 999 + b"\r\n") * 70,
        b"GET /" + b"a" * MAX_HEAD_BYTES + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        # Never ends.
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nA: " + b"b" * (MAX_HEAD_BYTES + 1),
    ],
)
async def test_a_head_has_an_end(alone: WorkerParts, head: bytes) -> None:
    assert statuses(await exchange(alone.url, head)) == [431]


async def test_a_head_of_many_headers_is_taken_up_to_there(alone: WorkerParts) -> None:
    head = PROBE.replace(b"\r\n\r\n", b"\r\n" + b"A: b\r\n" * (MAX_HEADERS - 2) + b"\r\n")

    assert statuses(await exchange(alone.url, head)) == [200]


async def test_requests_ahead_of_answers_have_a_limit(alone: WorkerParts) -> None:
    more = PROBE.replace(b"Connection: close\r\n", b"")

    assert statuses(await exchange(alone.url, more * 3 + PROBE)) == [200] * 4
    assert 400 in statuses(await exchange(alone.url, more * (MAX_PIPELINED + 2)))


@pytest.mark.parametrize("upgrade", [b"h2c", b"websocket2"])
async def test_another_protocol_is_not_taken_up(alone: WorkerParts, upgrade: bytes) -> None:
    async with connected(alone.url) as connection:
        await connection.send(
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: " + upgrade + b"\r\n\r\n"
        )

        assert await connection.status() == 200


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"\r\n",
        b"GET /healthz HTT",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nA: b\r\n",
        b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n",
    ],
)
async def test_a_request_that_does_not_come_to_its_end_is_cut(beginning: bytes) -> None:
    async with worker(Group(), [], {}, limits=AT_ONCE) as alone, connected(alone.url) as slow:
        await slow.send(beginning)

        assert b" 200 " not in await slow.until_closed()


async def test_an_answer_may_take_as_long_as_it_takes() -> None:
    told = asyncio.Event()

    @get("/slow", opt=needs(Right.OPEN))
    async def slow() -> str:
        await told.wait()
        return "done"

    async with (
        worker(Group(), [], {}, limits=AT_ONCE, routers=(Router("/", route_handlers=[slow]),)) as alone,
        connected(alone.url) as patient,
        connected(alone.url) as idle,
    ):
        await patient.send(PROBE.replace(b"/healthz", b"/slow"))
        # The server has looked after its connections once this one is closed.
        await idle.until_closed()
        told.set()

        assert await patient.status() == 200


async def test_connections_have_a_limit_and_whoever_is_above_it_is_told() -> None:
    limits = Limits(connections_per_address=1)
    async with worker(Group(), [], {}, limits=limits) as alone:
        async with connected(alone.url) as first:
            await first.send(PROBE.replace(b"Connection: close\r\n", b""))
            assert await first.status() == 200
            assert statuses(await exchange(alone.url, b"")) == [503]
            await first.send(PROBE)
            await first.until_closed()

        assert statuses(await exchange(alone.url, PROBE)) == [200]


async def test_a_body_that_nobody_reads_is_not_taken_in_for_ever() -> None:
    async with worker(Group(), [], {}, api_key=KEY) as alone, connected(alone.url) as endless:
        await endless.send(b"POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n")
        assert await endless.status() == 401
        with pytest.raises(ConnectionError):
            await endless.send_without_end(b" " * 65_536)


async def test_a_client_that_goes_away_is_no_defect(alone: WorkerParts, caplog: pytest.LogCaptureFixture) -> None:
    async with connected(alone.url) as hasty:
        await hasty.send(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc")
    # An answer on another connection, after which the worker has seen this one go.
    assert statuses(await exchange(alone.url, PROBE)) == [200]

    assert caplog.text == ""


@pytest.mark.parametrize(
    "target",
    [
        b"/../../etc/passwd",
        b"/..%2f..%2fetc/passwd",
        b"/%2e%2e/%2e%2e/etc/passwd",
        b"/page.css/../../settings.py",
        b"/page.css%00.html",
        b"/docs.css/..",
        b"//etc/passwd",
        b"/\\..\\..\\etc\\passwd",
        b"/api/tables/..%2F..%2Fetc%2Fpasswd",
        b"/api/vehicles/%2e%2e",
    ],
)
async def test_no_path_leads_out_of_what_is_served(alone: WorkerParts, target: bytes) -> None:
    answer = await exchange(alone.url, PROBE.replace(b"/healthz", target))

    assert statuses(answer) == [404]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "a%0D%0ASet-Cookie: b=c"),
        ("X-A", "a%0ASet-Cookie: b=c"),
        ("X-A", "a%0DSet-Cookie: b=c"),
        ("X-A", "a%00b"),
        ("X-A%0D%0ASet-Cookie", "b=c"),
        ("X-A: b%0D%0ASet-Cookie", "b=c"),
        ("X A", "b"),
    ],
)
async def test_no_header_of_an_answer_can_begin_another(alone: WorkerParts, name: str, value: str) -> None:
    answer = await exchange(
        alone.url, PROBE.replace(b"/healthz", f"/headers?name={name}&value={value}".replace(" ", "%20").encode())
    )

    assert b"set-cookie" not in answer.lower()
    assert statuses(answer) in ([], [500])


# WebSockets


def handshake(*headers: str, path: str = "/echo", host: str = "localhost") -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


async def opened(alone: WorkerParts, *headers: str, path: str = "/echo", host: str = "localhost") -> int:
    async with connected(alone.url) as connection:
        await connection.send(handshake(*headers, path=path, host=host))
        return await connection.status()


async def test_a_websocket_is_opened_by_programs_and_by_pages_of_the_worker_itself(alone: WorkerParts) -> None:
    assert await opened(alone) == 101
    assert await opened(alone, "Origin: http://localhost") == 101


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1", "http://localhost.evil.example"]
)
async def test_a_websocket_is_not_opened_by_pages_of_another_origin(alone: WorkerParts, origin: str) -> None:
    assert await opened(alone, f"Origin: {origin}") == 403


async def test_a_websocket_is_not_opened_under_a_name_made_to_point_here(alone: WorkerParts) -> None:
    assert await opened(alone, host="evil.example") == 421


async def test_a_websocket_needs_a_key_like_any_request() -> None:
    keys = (api_key("viewer", Role.VIEWER), api_key("tracker", Role.DEVICE))
    async with worker(Group(), [], {}, keys=keys, routers=ROUTERS) as alone:
        login = await alone.client.post("/login", json={"key": token("viewer")})
        cookie = login.headers["set-cookie"].partition(";")[0]
        tried = {
            "nothing": await opened(alone),
            "wrong": await opened(alone, "Authorization: Bearer wrong"),
            "key": await opened(alone, f"Authorization: Bearer {token('viewer')}"),
            "session": await opened(alone, f"Cookie: {cookie}", "Origin: https://localhost"),
            "stolen": await opened(alone, f"Cookie: {cookie}", "Origin: https://evil.example"),
            "device": await opened(alone, f"Authorization: Bearer {token('tracker')}"),
            "nowhere": await opened(alone, path="/nothing"),
        }

    assert tried == {
        "nothing": 401,
        "wrong": 401,
        "key": 101,
        "session": 101,
        "stolen": 403,
        "device": 403,
        "nowhere": 401,
    }


def masked(payload: bytes) -> bytes:
    """Return a text frame as clients send it, with a mask of zeros."""
    return b"\x81\xff" + len(payload).to_bytes(8) + bytes(4) + payload


async def test_a_message_of_a_client_has_a_limit(alone: WorkerParts) -> None:
    async with connected(alone.url) as small, connected(alone.url) as large:
        for each in (small, large):
            await each.send(handshake())
            await each.until(b"\r\n\r\n")

        await small.send(masked(b"a" * 65_536))
        await small.until(b"65536")
        await large.send(masked(b"a" * 65_537))
        # 1009, too big.
        await large.until(b"\x03\xf1")
