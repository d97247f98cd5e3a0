"""Every error leaves here, in one shape: problem details (RFC 9457) with a code that programs can switch on."""

import logging
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.params import QueryParameter
from litestar.types import ExceptionHandlersMap

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 1
"""When to ask again after a 503 or 429: an assignment takes about this long to settle."""
_LONGEST_SHOWN: Final = 128
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Code(StrEnum):
    """What went wrong, for programs."""

    BAD_REQUEST = "bad_request"
    """A parameter, header or body cannot be used; `detail` names it."""
    UNAUTHORIZED = "unauthorized"
    """The bearer token is missing or wrong."""
    TOO_MANY_FAILURES = "too_many_failures"
    """As `unauthorized`, from an address or for a key of which there were many within minutes."""
    FORBIDDEN = "forbidden"
    """A page of another origin tried to change something."""
    NO_SUCH_ROUTE = "no_such_route"
    """Nothing is served at this path."""
    METHOD_NOT_ALLOWED = "method_not_allowed"
    """The path exists, with other methods."""
    CONFLICT = "conflict"
    """A change was refused or overtaken; `revision` is the one that there is."""
    NOT_ACCEPTABLE = "not_acceptable"
    """The Accept header asks for a form that there is not."""
    TOO_LARGE = "too_large"
    """The body is larger than the door takes."""
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    """The body is in a form that the door does not read."""
    UNUSABLE = "unusable"
    """The body is well formed, and nothing of it can be used."""
    WRONG_HOST = "wrong_host"
    """The Host header names a machine that this worker is not."""
    UNKNOWN_TABLE = "unknown_table"
    """No table has this name."""
    UNKNOWN_KEY = "unknown_key"
    """The table holds no such key."""
    UNKNOWN_VEHICLE = "unknown_vehicle"
    """No position of this vehicle was ever accepted or refused."""
    UNKNOWN_PROFILE = "unknown_profile"
    """No profile of this vehicle is known."""
    UNKNOWN_GEOFENCE = "unknown_geofence"
    """There is no geofence of this id."""
    UNKNOWN_API_KEY = "unknown_api_key"
    """There is no API key of this id."""
    UNKNOWN_TRIP = "unknown_trip"
    """No trip or stop is known by this id."""
    NOT_RUNNING = "not_running"
    """The worker that owns the key is starting, restoring or stopping."""
    NO_OWNER = "no_owner"
    """No worker is known to own the key's partition, or the partition is moving."""
    OWNER_UNREACHABLE = "owner_unreachable"
    """The worker that owns the key did not answer in time."""
    PARTITIONS_MISSING = "partitions_missing"
    """Some partitions could not be asked, so that a list would not be whole."""
    NOT_CONFIRMED = "not_confirmed"
    """Kafka did not confirm in time what was sent; it may stand there or not."""
    UNAVAILABLE = "unavailable"
    """Not possible at the moment; `detail` says why."""
    INTERNAL = "internal"
    """A defect; the worker's log has the details."""
    REFUSED = "refused"
    """Any other refusal; `status` and `detail` tell."""


_CODES: Final[Mapping[int, Code]] = {
    400: Code.BAD_REQUEST,
    401: Code.UNAUTHORIZED,
    403: Code.FORBIDDEN,
    404: Code.NO_SUCH_ROUTE,
    405: Code.METHOD_NOT_ALLOWED,
    406: Code.NOT_ACCEPTABLE,
    409: Code.CONFLICT,
    413: Code.TOO_LARGE,
    415: Code.UNSUPPORTED_MEDIA_TYPE,
    422: Code.UNUSABLE,
    429: Code.TOO_MANY_FAILURES,
    500: Code.INTERNAL,
    503: Code.UNAVAILABLE,
}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An error as it is sent. `type` says no more than `status` does; `code` does.

    `revision`, of a refused change alone, is the one that there is, 0 for none.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: Code
    revision: int | msgspec.UnsetType = msgspec.UNSET


class ApiError(Exception):
    """An answer other than success.

    Args:
        status: Its status.
        code: What went wrong, for programs.
        detail: The same as a sentence that the client gets to read.
        headers: Headers beside those that the status calls for.
    """

    def __init__(
        self, status: HTTPStatus, code: Code, detail: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(title=status.phrase, status=status.value, detail=detail, code=code)
        self.headers = {**headers_for(self.problem), **(headers or {})}


def bad_request(detail: str) -> ApiError:
    """Return the error for a parameter that cannot be used."""
    return ApiError(HTTPStatus.BAD_REQUEST, Code.BAD_REQUEST, detail)


def not_found(code: Code, detail: str) -> ApiError:
    """Return the error for something that is not there."""
    return ApiError(HTTPStatus.NOT_FOUND, code, detail)


def unavailable(code: Code, detail: str) -> ApiError:
    """Return the error for something that may be answered a moment later."""
    return ApiError(HTTPStatus.SERVICE_UNAVAILABLE, code, detail)


def shown(text: str) -> str:
    """Return hostile text as it may stand in a message: quoted, control characters escaped, not too long."""
    return repr(text) if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]!r}… ({len(text)} characters)"


def headers_for(problem: Problem) -> dict[str, str]:
    """Return the headers that a problem's status calls for."""
    if problem.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        return {"Retry-After": str(RETRY_AFTER_S)}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="fleet"'}
    return {}


def _respond(problem: Problem, headers: Mapping[str, str] | None = None) -> Response[Problem]:
    return Response(
        problem,
        status_code=problem.status,
        media_type=CONTENT_TYPE,
        headers={**headers_for(problem), **(headers or {})},
    )


def _on_api_error(_request: Request[Any, Any, Any], error: ApiError) -> Response[Problem]:
    return _respond(error.problem, error.headers)


def _on_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """Answer what the framework or a router raised; its `extra` says which parameters were meant."""
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _on_defect(request, error)
    problem = Problem(
        title=status.phrase,
        status=status.value,
        detail=_explain(error, request),
        code=_CODES.get(status.value, Code.REFUSED),
        revision=error.extra.get("revision", msgspec.UNSET) if isinstance(error.extra, dict) else msgspec.UNSET,
    )
    return _respond(problem, error.headers)


def _on_recursion(request: Request[Any, Any, Any], error: RecursionError) -> Response[Problem]:
    """Answer what went too deep: a body that is nested beyond all use, or a defect where there is no body."""
    if request.method not in _WITH_BODY:
        return _on_defect(request, error)
    return _respond(bad_request("the body is nested too deeply to be read").problem)


def _on_defect(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    log.error("%s %s failed", request.method, shown(request.scope["path"]), exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _respond(
        Problem(
            title=status.phrase,
            status=status.value,
            detail="a defect in this worker; its log has the details",
            code=Code.INTERNAL,
        )
    )


def _explain(error: HTTPException, request: Request[Any, Any, Any]) -> str:
    if error.status_code == HTTPStatus.NOT_FOUND and error.detail == HTTPStatus.NOT_FOUND.phrase:
        return f"nothing is served at {shown(request.scope['path'])}; /schema/openapi.json lists the routes"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{request.method} is not possible at {shown(request.scope['path'])}; the Allow header says what is"
    faults = error.extra if isinstance(error.extra, list) else []
    told = [
        f"{_public_name(request, fault.get('key', 'request'))}: {fault.get('message')}"
        f"{_choice(request, fault.get('key', 'request'))}"
        for fault in faults
        if isinstance(fault, dict)
    ]
    return "; ".join(told) or error.detail


def _choice(request: Request[Any, Any, Any], parameter: str) -> str:
    """Return the values that a parameter may have, where they are few."""
    field = request.route_handler.parsed_fn_signature.parameters.get(parameter)
    kind = None if field is None else field.annotation
    return f", it may be {' or '.join(kind)}" if isinstance(kind, type) and issubclass(kind, StrEnum) else ""


def _public_name(request: Request[Any, Any, Any], parameter: str) -> str:
    """Return what a client calls a parameter: a handler cannot call one `from`."""
    field = request.route_handler.parsed_fn_signature.parameters.get(parameter)
    declared = None if field is None else field.kwarg_definition
    return declared.name or parameter if isinstance(declared, QueryParameter) else parameter


EXCEPTION_HANDLERS: Final[ExceptionHandlersMap] = {
    ApiError: _on_api_error,
    HTTPException: _on_http_exception,
    RecursionError: _on_recursion,
    Exception: _on_defect,
}
