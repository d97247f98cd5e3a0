"""How routes say who may call them, and how handlers learn who does."""

import re
from collections.abc import Container, Iterable, Sequence
from http import HTTPStatus
from typing import Any, Final

from litestar import HttpMethod, Litestar
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.params import SkipValidation
from litestar.routes import BaseRoute, HTTPRoute, WebSocketRoute

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.rights import ROLES, Right
from fleet_app.http.problems import ApiError, Code

_RIGHT: Final = "right"
_PARAMETER: Final = re.compile(r"\{[^}]*\}")
AnyConnection = ASGIConnection[Any, Any, Any, Any]
InjectedCaller = NamedDependency[SkipValidation[Caller]]
"""A handler's `caller` parameter."""


def needs(right: Right) -> dict[str, Any]:
    """Return the `opt` of a route that needs a right: `@get("/api/trips", opt=needs(Right.SEE))`."""
    return {_RIGHT: right}


def right_of(handler: BaseRouteHandler) -> Right:
    """Return what a route needs.

    Raises:
        KeyError: It does not say.
    """
    if _says_which_methods(handler):
        return Right.OPEN
    right: Right = handler.opt[_RIGHT]
    return right


def _says_which_methods(handler: BaseRouteHandler) -> bool:
    """Return whether a handler is one of those for OPTIONS, which the framework adds to every path by itself."""
    return isinstance(handler, HTTPRouteHandler) and handler.http_methods == {HttpMethod.OPTIONS}


class OpenPaths(Container[str]):
    """The paths that are served to anybody.

    Args:
        paths: Paths as they are declared; a parameter such as `{vehicle_id}` stands for one segment that is not empty.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        declared = frozenset(paths)
        templates = sorted(path for path in declared if "{" in path)
        self._paths = declared.difference(templates)
        self._templates = re.compile("|".join(_one_path_each(template) for template in templates) or r"(?!)")

    def __contains__(self, path: object) -> bool:
        """Return whether a path, still percent-encoded, is open."""
        return isinstance(path, str) and (path in self._paths or self._templates.fullmatch(path) is not None)


def _one_path_each(template: str) -> str:
    return "[^/]+".join(re.escape(part) for part in _PARAMETER.split(template))


def open_paths(app: Litestar) -> OpenPaths:
    """Return the paths that are served to anybody, once it is sure that every route says what it needs.

    Raises:
        LookupError: A route does not say, needs a right for one method of a path and none for another, or is one of
            those that an open path with a parameter stands for.
    """
    rights = {route.path_format: _rights_of(route) for route in app.routes}
    undecided = [path for path, needed in rights.items() if Right.OPEN in needed and needed != {Right.OPEN}]
    if undecided:
        raise LookupError(f"open to anybody by one method, and not by another: {', '.join(undecided)}")
    found = OpenPaths(path for path, needed in rights.items() if needed == {Right.OPEN})
    hidden = [path for path, needed in rights.items() if Right.OPEN not in needed and path in found]
    if hidden:
        raise LookupError(f"needs a right, and is open to anybody by another path's parameter: {', '.join(hidden)}")
    return found


def _handlers_of(route: BaseRoute) -> Sequence[BaseRouteHandler]:
    match route:
        case HTTPRoute():
            return route.route_handlers
        case WebSocketRoute():
            return [route.route_handler]
        case _:
            raise LookupError(f"{route.path_format} is neither HTTP nor WebSocket: whom it lets in is not known")


def _rights_of(route: BaseRoute) -> set[Right]:
    handlers = [each for each in _handlers_of(route) if not _says_which_methods(each)]
    silent = [str(each) for each in handlers if _RIGHT not in each.opt]
    if silent:
        raise LookupError(
            f"{route.path_format} does not say which right it needs, `opt=needs(...)`: {', '.join(silent)}"
        )
    return {right_of(each) for each in handlers}


def caller_of(connection: AnyConnection) -> Caller:
    """Return who a connection comes from, as the gate has found out."""
    caller: Caller = connection.scope["auth"]
    return caller


def _provide_caller(request: ASGIConnection) -> Caller:  # type: ignore[type-arg] # Litestar reads the bare name
    return caller_of(request)


CALLER: Final = Provide(_provide_caller, sync_to_thread=False)
"""Gives handlers their `caller`."""


async def check_right(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Refuse a caller without the right that the route needs: a guard of the whole application.

    Raises:
        ApiError: 403.
    """
    right = right_of(handler)
    if right is Right.OPEN:
        return
    caller = caller_of(connection)
    if caller.may(right):
        return
    raise ApiError(HTTPStatus.FORBIDDEN, Code.FORBIDDEN, _why_not(right, caller))


def _why_not(right: Right, caller: Caller) -> str:
    if right is Right.ANSWER_WORKERS:
        return "this is between workers"
    if right is Right.SEE_ALL_TENANTS and caller.role in ROLES[right]:
        return f"{caller.name!r} is a key of one tenant, and this is about all of them"
    return f"{caller.name!r} is a {caller.role} key; this takes {' or '.join(sorted(ROLES[right]))}"
