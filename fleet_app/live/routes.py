"""`/live` and `/live/events`: the feed over WebSocket and over server-sent events."""

import asyncio
import contextlib
from collections.abc import Awaitable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Router, WebSocket, get, websocket
from litestar.params import QueryParameter
from litestar.types import ASGIApp, Receive, Scope, Send

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.rights import Right
from fleet_app.http.access import InjectedCaller, caller_of, needs
from fleet_app.http.answers import answers
from fleet_app.http.problems import Code, bad_request, unavailable
from fleet_app.live.broadcast import Order
from fleet_app.live.client import Client, Close, End
from fleet_app.live.feed import Feed, FeedUnavailableError
from fleet_app.live.frames import Encoding, Fields, Form, Kind
from fleet_app.live.pacing import FRAMES_PER_S, frames_between
from fleet_app.live.tiles import Box
from fleet_app.live.tokens import Token, TokenSeal
from fleet_app.live.wanted import Wanted, tiles_wanted

STALLED_S: Final = 30.0
"""A client that takes nothing for so long is disconnected."""
_RETRY_MS: Final = 2_000
"""After how long a browser connects again."""
_MOST_GROUPS: Final = 100
_LONGEST_REQUEST: Final = 16_384
"""Characters of what a client may say while connected."""
_LONGEST_REASON: Final = 123
"""Bytes, by RFC 6455."""
_REQUEST_EVERY_S: Final = 0.2
"""What a client says more often waits."""

Bbox = Annotated[
    str | None,
    QueryParameter(
        description="Part of the map, `west,south,east,north` in degrees: vehicles on the map tiles of zoom 6 that it "
        "touches. `west` greater than `east` spans the antimeridian."
    ),
]
Groups = Annotated[list[str] | None, QueryParameter(name="group", description="Groups; may be given several times.")]
Tenant = Annotated[str | None, QueryParameter(description="One tenant, for keys of all tenants.")]
AskedFields = Annotated[Fields, QueryParameter(description="How much is told of each vehicle.")]
Rate = Annotated[
    int, QueryParameter(ge=1, le=FRAMES_PER_S, description="How often a second a vehicle is told at most.")
]
AskedToken = Annotated[
    str | None, QueryParameter(name="token", description="Where to go on from: the newest token of any worker's feed.")
]


class _Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client asks for when it connects."""

    bbox: str | None = None
    group: list[str] | None = None
    tenant: str | None = None
    fields: Fields = Fields.MAP
    format: Encoding = Encoding.PACKED
    rate: Annotated[int, msgspec.Meta(ge=1, le=FRAMES_PER_S)] = 1
    token: str | None = None


class _View(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a connected client wants to see from now on; what is left out is not filtered by any more."""

    bbox: tuple[float, float, float, float] | None = None
    groups: list[str] | None = None


def live_router(feed: Feed) -> Router:
    """Return the routes of the feed."""

    @websocket("/", opt=needs(Right.SEE))
    async def watch(socket: WebSocket[Any, Any, Any]) -> None:
        """Watch the fleet; see docs/live.md."""
        await socket.accept()
        try:
            order, token = _asked(_question(socket.query_params.dict()), caller_of(socket), feed.seal)
            client = feed.join(order, token)
        except ValueError as error:
            await _close(socket.send, End(Close.BAD_REQUEST, str(error)))
            return
        except FeedUnavailableError as error:
            await _close(socket.send, error.end)
            return
        try:
            await _until_either(_write_messages(client, socket.send), _read_messages(client, socket))
            if client.end is not None:
                await _close(socket.send, client.end)
        finally:
            feed.leave(client)

    @get(
        "/events",
        opt=needs(Right.SEE),
        summary="Watch the fleet as server-sent events",
        responses=answers(str, HTTPStatus.SERVICE_UNAVAILABLE),
    )
    async def watch_events(  # noqa: PLR0913, PLR0917 - one per query parameter
        request: Request[Any, Any, Any],
        caller: InjectedCaller,
        bbox: Bbox = None,
        groups: Groups = None,
        tenant: Tenant = None,
        fields: AskedFields = Fields.MAP,
        rate: Rate = 1,
        token: AskedToken = None,
    ) -> ASGIApp:
        """Send frames as JSON, one an event, whose id is the token to go on from. See docs/live.md."""
        last = request.headers.get("last-event-id") or token
        question = _Question(bbox, groups, tenant, fields, Encoding.JSON, rate, last)
        try:
            client = feed.join(*_asked(question, caller, feed.seal))
        except ValueError as error:
            raise bad_request(str(error)) from error
        except FeedUnavailableError as error:
            raise unavailable(Code.UNAVAILABLE, error.end.reason) from error
        return _event_stream(feed, client)

    return Router("/live", route_handlers=[watch, watch_events], tags=["live"])


def _question(query: Mapping[str, Sequence[str]]) -> _Question:
    """Return what a query asks for.

    Raises:
        ValueError: It cannot be understood.
    """
    given = {name: values if name == "group" else values[-1] for name, values in query.items()}
    return msgspec.convert(given, _Question, strict=False)


def _asked(question: _Question, caller: Caller, seal: TokenSeal) -> tuple[Order, Token | None]:
    """Return what a caller gets for its question.

    Raises:
        ValueError: It cannot be understood.
    """
    tiles = tiles_wanted(None if question.bbox is None else _box(question.bbox))
    groups = _groups(question.group)
    if question.tenant is not None and not caller.sees(question.tenant):
        # Another tenant's fleet looks like one without vehicles.
        groups = frozenset()
    wanted = Wanted(question.tenant if caller.tenant is None else caller.tenant, groups, tiles)
    token = None if question.token is None else seal.read(question.token)
    return Order(wanted, Form(question.fields, question.format), frames_between(question.rate)), token


def _groups(groups: Sequence[str] | None) -> frozenset[str] | None:
    if groups is not None and len(groups) > _MOST_GROUPS:
        raise ValueError(f"group is given {len(groups)} times, {_MOST_GROUPS} is the most")
    return None if groups is None else frozenset(groups)


def _box(text: str) -> Box:
    try:
        west, south, east, north = map(float, text.split(",", 4))
    except ValueError as error:
        raise ValueError("bbox is four numbers, west,south,east,north") from error
    return Box(west, south, east, north)


async def _until_either(*parts: Awaitable[None]) -> None:
    """Run both until one ends, which ends the other; that the client has gone is no error."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception) and not isinstance(end, OSError):
            raise end


async def _close(send: Send, end: End) -> None:
    """Close a WebSocket, if the client takes it."""
    with contextlib.suppress(OSError):
        # What a close frame holds; a character that is cut in two goes.
        reason = end.reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
        await send({"type": "websocket.close", "code": end.code, "reason": reason})


async def _write_messages(client: Client, send: Send) -> None:
    is_text = client.order.form.encoding is Encoding.JSON
    async for sent in client.frames():
        async with asyncio.timeout(STALLED_S):
            if is_text:
                await send({"type": "websocket.send", "bytes": None, "text": sent.data.decode()})
            else:
                await send({"type": "websocket.send", "bytes": sent.data, "text": None})


async def _read_messages(client: Client, socket: WebSocket[Any, Any, Any]) -> None:
    """Take what a client wants to see from now on, until it disconnects."""
    while True:
        message = await socket.receive()
        if message["type"] != "websocket.receive":
            return
        try:
            client.want(_changed(client.order, message.get("text") or ""))
        except ValueError as error:
            client.disconnect(End(Close.BAD_REQUEST, str(error)))
        await asyncio.sleep(_REQUEST_EVERY_S)


def _changed(order: Order, text: str) -> Order:
    """Return what a client wants that says so.

    Raises:
        ValueError: It cannot be understood.
    """
    if len(text) > _LONGEST_REQUEST:
        raise ValueError(f"a message has {len(text)} characters, {_LONGEST_REQUEST} is the most")
    view = msgspec.json.decode(text, type=_View)
    tiles = tiles_wanted(None if view.bbox is None else Box(*view.bbox))
    wanted = msgspec.structs.replace(order.wanted, groups=_groups(view.groups), tiles=tiles)
    return order._replace(wanted=wanted)


def _event_stream(feed: Feed, client: Client) -> ASGIApp:
    """Return the answer that a client's frames are, for as long as it takes them."""

    async def answer(_scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await _read_request(receive)
            await _until_either(_write_events(client, send), _wait_for_disconnect(receive))
        finally:
            feed.leave(client)

    return answer


async def _write_events(client: Client, send: Send) -> None:
    headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": headers})
    await send({"type": "http.response.body", "body": b"retry: %d\n\n" % _RETRY_MS, "more_body": True})
    async for sent in client.frames():
        # A reset without a token empties the browser's, too.
        is_told = sent.head.token or sent.head.kind is Kind.RESET
        line = f"id: {sent.head.token}\n".encode() if is_told else b""
        async with asyncio.timeout(STALLED_S):
            await send({"type": "http.response.body", "body": b"%bdata: %b\n\n" % (line, sent.data), "more_body": True})
    end = b"" if client.end is None else msgspec.json.encode({"code": client.end.code, "reason": client.end.reason})
    await send({"type": "http.response.body", "body": b"event: end\ndata: %b\n\n" % end, "more_body": False})


async def _read_request(receive: Receive) -> None:
    """Pass over a body, which nobody has a use for: only behind it a client is heard to disconnect."""
    message = await receive()
    while message["type"] == "http.request" and message["more_body"]:
        message = await receive()


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
