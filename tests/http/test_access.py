"""Every route says what it needs, and nobody gets past it with less."""

import pytest
from litestar import Litestar, Router, get, post, websocket
from litestar.connection import WebSocket
from litestar.handlers import BaseRouteHandler, asgi
from litestar.params import FromPath
from litestar.types import Receive, Scope, Send

from fleet_app.domain.access.rights import Right, Role
from fleet_app.http.access import needs, open_paths
from tests.web.fakes import Group, WorkerParts, worker
from tests.web.keys import api_key, bearer, device_key


@get("/seen", opt=needs(Right.SEE))
async def seen() -> int:
    return 1


@get("/open", opt=needs(Right.OPEN))
async def anybody() -> int:
    return 1


@post("/open", opt=needs(Right.SEE))
async def half_open() -> int:
    return 1


@get("/open/{name:str}", opt=needs(Right.OPEN))
async def any_name(name: FromPath[str]) -> str:
    return name


@get("/open/seen", opt=needs(Right.SEE))
async def seen_behind() -> int:
    return 1


@get("/silent")
async def silent() -> int:
    return 1


@websocket("/feed")
async def silent_feed(socket: WebSocket) -> None:  # type: ignore[type-arg] # Litestar reads the bare name
    await socket.accept()


@asgi("/mounted", copy_scope=True)
async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive, send


def app_of(*handlers: BaseRouteHandler) -> Litestar:
    return Litestar([Router("/", route_handlers=handlers)], openapi_config=None, logging_config=None)


@pytest.mark.parametrize("path", ["/open", "/open/a", "/open/a%2Fb", "/open/.."])
def test_paths_are_open_that_say_so(path: str) -> None:
    assert path in open_paths(app_of(seen, anybody, any_name))


@pytest.mark.parametrize(
    "path",
    ["", "/", "/seen", "/open/", "/open/a/", "/open/a/b", "/opena", "//open", "/open//a", "/x/open/a", "/open/\n/a"],
)
def test_paths_that_are_none_of_them_are_not(path: str) -> None:
    assert path not in open_paths(app_of(seen, anybody, any_name))


def test_where_no_path_has_a_parameter_none_is_open_by_one() -> None:
    assert "" not in open_paths(app_of(seen, anybody))


def test_what_needs_a_right_does_not_hide_behind_an_open_paths_parameter() -> None:
    with pytest.raises(LookupError, match="open to anybody by another path's parameter: /open/seen"):
        open_paths(app_of(any_name, seen_behind))


@pytest.mark.parametrize("handler", [silent, silent_feed])
def test_a_route_that_does_not_say_what_it_needs_stops_the_worker(handler: BaseRouteHandler) -> None:
    with pytest.raises(LookupError, match="does not say which right it needs"):
        open_paths(app_of(handler))


def test_a_path_is_open_by_all_its_methods_or_by_none() -> None:
    with pytest.raises(LookupError, match="open to anybody by one method, and not by another: /open"):
        open_paths(app_of(anybody, half_open))


def test_what_is_mounted_cannot_say_what_it_needs() -> None:
    with pytest.raises(LookupError, match="/mounted"):
        open_paths(app_of(mounted))


@get("/needs/see", opt=needs(Right.SEE))
async def see() -> int:
    return 1


@post("/needs/send", opt=needs(Right.SEND_POSITIONS))
async def send() -> int:
    return 1


@post("/needs/change", opt=needs(Right.CHANGE))
async def change() -> int:
    return 1


@post("/needs/administer", opt=needs(Right.ADMINISTER))
async def administer() -> int:
    return 1


@get("/needs/all", opt=needs(Right.SEE_ALL_TENANTS))
async def see_all() -> int:
    return 1


@get("/needs/worker", opt=needs(Right.ANSWER_WORKERS))
async def answer_workers() -> int:
    return 1


PROBES = (see, send, change, administer, see_all, answer_workers)
KEYS = (
    device_key("device", "van-1", tenant="acme"),
    api_key("viewer", Role.VIEWER, "acme"),
    api_key("dispatcher", Role.DISPATCHER, "acme"),
    api_key("admin", Role.ADMIN, "acme"),
    api_key("analyst", Role.VIEWER),
)
PASSES = {
    "device": {"send"},
    "viewer": {"see"},
    "dispatcher": {"see", "change"},
    "admin": {"see", "send", "change", "administer"},
    "analyst": {"see", "all"},
}


async def passes(alone: WorkerParts, key_id: str) -> set[str]:
    asked = {"see": "GET", "send": "POST", "change": "POST", "administer": "POST", "all": "GET", "worker": "GET"}
    answers = {
        name: await alone.client.request(method, f"/needs/{name}", headers=bearer(key_id))
        for name, method in asked.items()
    }
    assert {answer.status_code for answer in answers.values()} <= {200, 201, 403}
    return {name for name, answer in answers.items() if answer.status_code != 403}


@pytest.mark.anyio
async def test_every_role_may_what_it_is_for_and_nothing_else() -> None:
    routers = (Router("/", route_handlers=PROBES),)
    async with worker(Group(), [], {}, keys=KEYS, routers=routers) as alone:
        assert {key.key_id: await passes(alone, key.key_id) for key in KEYS} == PASSES


@pytest.mark.anyio
async def test_which_methods_a_path_has_is_told_to_whoever_is_known() -> None:
    async with worker(Group(), [], {}, keys=KEYS) as alone:
        answer = await alone.client.request("OPTIONS", "/api/vehicles", headers=bearer("viewer"))
        del alone.client.headers["Authorization"]
        refused = await alone.client.request("OPTIONS", "/api/vehicles")

    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, OPTIONS")
    assert refused.status_code == 401
