"""How routes say who may call them, and how handlers learn who does."""

from http import HTTPStatus
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.rights import ROLES, Right
from fleet_app.http.problems import ApiError, Code

_RIGHT: Final = "right"
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
    right: Right = handler.opt[_RIGHT]
    return right


def caller_of(connection: AnyConnection) -> Caller:
    """Return who a connection comes from, as the gate has found out."""
    caller: Caller = connection.scope["auth"]
    return caller


def _provide_caller(request: ASGIConnection) -> Caller:  # type: ignore[type-arg] # Litestar reads the bare name
    return caller_of(request)


CALLER: Final = Provide(_provide_caller, sync_to_thread=False)
"""Gives handlers their `caller`."""


def check_right(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Refuse a caller without the right that the route needs: a guard of the whole application.

    Raises:
        ApiError: 403.
    """
    right, caller = right_of(handler), caller_of(connection)
    if caller.may(right):
        return
    raise ApiError(HTTPStatus.FORBIDDEN, Code.FORBIDDEN, _why_not(right, caller))


def _why_not(right: Right, caller: Caller) -> str:
    if right is Right.ANSWER_WORKERS:
        return "this is between workers"
    if right is Right.SEE_ALL_TENANTS and caller.role in ROLES[right]:
        return f"{caller.name!r} is a key of one tenant, and this is about all of them"
    return f"{caller.name!r} is a {caller.role} key; this takes {' or '.join(sorted(ROLES[right]))}"
