"""Asking another worker: what it answers, or a failure that names it."""

import msgspec
import pytest
from litestar import get
from litestar.response import Response

from fleet_app.web.peers import PeerError, Peers
from fleet_app.web.reader import HttpRequest
from tests.web.fakes import bare_server, deaf_listener, free_port

pytestmark = pytest.mark.anyio


class Told(msgspec.Struct):
    path: str
    query: list[tuple[str, str]]


def peers(timeout_s: float = 2.0) -> Peers:
    return Peers(own_url="http://127.0.0.1:1", authorization=None, timeout_s=timeout_s)


@get("/{path:path}")
async def echo(request: HttpRequest) -> Response[Told]:
    return Response(Told(request.scope["raw_path"].decode(), list(request.query_params.multi_items())))


@pytest.mark.parametrize(
    ("segments", "path"),
    [
        (["a", "b/c"], "/a/b%2Fc"),
        (["a", ".."], "/a/%2E%2E"),
        (["a", "."], "/a/%2E"),
        (["ü", "?#%"], "/%C3%BC/%3F%23%25"),
        (["a b", "a.b"], "/a%20b/a.b"),
    ],
)
async def test_any_key_is_one_segment_of_the_path(segments: list[str], path: str) -> None:
    async with bare_server(echo) as url, peers() as session:
        told = await session.ask(url, segments, [("after", "a&b=ü+"), ("limit", "1")], Told)

    assert told.path == path
    assert sorted(told.query) == [("after", "a&b=ü+"), ("limit", "1")]


async def test_a_worker_that_is_gone_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with peers() as session:
        with pytest.raises(PeerError, match=f"^{url} did not answer: "):
            await session.get(url, ["a"])


async def test_a_worker_that_does_not_answer_is_given_up_on() -> None:
    async with deaf_listener() as url, peers(timeout_s=0.05) as session:
        with pytest.raises(PeerError, match=f"^{url} did not answer within 0.05 s$"):
            await session.get(url, ["a"])


async def test_a_url_that_is_none_is_a_failure_of_that_worker() -> None:
    async with peers() as session:
        with pytest.raises(PeerError, match="did not answer"):
            await session.get("nowhere", ["a"])


@get("/problem", status_code=503)
async def problem() -> dict[str, str]:
    return {"detail": "restoring"}


@get("/text", status_code=500, media_type="text/plain")
async def text() -> str:
    return "out of order"


@get("/other")
async def other() -> dict[str, int]:
    return {"path": 1}


@get("/redirect", status_code=307)
async def redirect() -> Response[None]:
    return Response(None, headers={"Location": "/other"})


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("problem", "answered 503: restoring"),
        ("text", "answered 500: out of order"),
        ("other", "answered in a form this release does not know: Expected `str`"),
        ("redirect", "answered 307"),
    ],
)
async def test_an_answer_that_cannot_be_used_says_why(path: str, reason: str) -> None:
    async with bare_server(problem, text, other, redirect) as url, peers() as session:
        with pytest.raises(PeerError, match=f"^{url} {reason}"):
            await session.ask(url, [path], (), Told)
