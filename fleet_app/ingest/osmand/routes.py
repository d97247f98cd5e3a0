"""`/osmand`: takes one position per request, and answers as phones expect."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.exceptions import ClientException
from litestar.openapi import ResponseSpec

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.rights import Right
from fleet_app.domain.position import Position, Report
from fleet_app.domain.refusals import Reason
from fleet_app.errors import BrokerError, TopicsError
from fleet_app.http.access import InjectedCaller, needs
from fleet_app.http.problems import ApiError, Code
from fleet_app.ingest.addressees import Addressees
from fleet_app.ingest.http import NOT_CONFIRMED, not_confirmed
from fleet_app.ingest.osmand.draft import RefusedRequestError
from fleet_app.ingest.osmand.request import read_request
from fleet_app.ingest.producer import Outgoing, Sender
from fleet_app.metrics import DOOR_POSITIONS

MAX_BODY_BYTES: Final = 64 * 1024
_OWN_SITE: Final = frozenset({"none", "same-origin"})
_DESCRIPTION: Final = (
    "One position as OsmAnd and Traccar Client send it: parameters in the query or in a form body (speed in knots), "
    "or Traccar Client's JSON. When the answer arrives, the position is in Kafka. Repeating a request is safe."
)
_ANSWERS: Final[Mapping[int, ResponseSpec]] = {
    HTTPStatus.BAD_REQUEST: ResponseSpec(
        None, generate_examples=False, description="The request gives no position: `detail` says what is wrong."
    ),
    HTTPStatus.FORBIDDEN: ResponseSpec(
        None,
        generate_examples=False,
        description="The key is not one for this device, or a web page of another site sent it. Nothing was taken.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: NOT_CONFIRMED,
}
_ANSWERS_TO_BODIES: Final[Mapping[int, ResponseSpec]] = {
    **_ANSWERS,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ResponseSpec(
        None, generate_examples=False, description=f"The body is over {MAX_BODY_BYTES // 1024} KiB. Nothing was taken."
    ),
}


def osmand_router(positions: Sender, addressees: Addressees) -> Router:
    """Return the routes that append what phones send to `positions`, once `addressees` has told whose each is."""

    @get(
        "/osmand",
        opt=needs(Right.SEND_POSITIONS),
        media_type=MediaType.TEXT,
        operation_id="get_osmand",
        summary="Send one position from a phone, in the query",
        description=_DESCRIPTION,
        response_description="The position is in Kafka.",
        responses=_ANSWERS,
        raises=[],
    )
    async def get_osmand(request: Request[Any, Any, Any], caller: InjectedCaller) -> Response[str]:
        return await _take(request, b"", positions, addressees, caller)

    @post(
        "/osmand",
        opt=needs(Right.SEND_POSITIONS),
        media_type=MediaType.TEXT,
        status_code=HTTPStatus.OK,
        operation_id="post_osmand",
        summary="Send one position from a phone, in the query or in the body",
        description=_DESCRIPTION,
        response_description="The position is in Kafka.",
        responses=_ANSWERS_TO_BODIES,
        raises=[],
    )
    async def post_osmand(request: Request[Any, Any, Any], caller: InjectedCaller) -> Response[str]:
        return await _take(request, await request.body(), positions, addressees, caller)

    return Router("/", route_handlers=[get_osmand, post_osmand], request_max_body_size=MAX_BODY_BYTES, tags=["doors"])


async def _take(
    request: Request[Any, Any, Any], body: bytes, positions: Sender, addressees: Addressees, caller: Caller
) -> Response[str]:
    _refuse_foreign_page(request)
    try:
        position = _addressed(read_request(request.scope["query_string"], body), addressees, caller)
    except RefusedRequestError as error:
        DOOR_POSITIONS.labels("osmand", "rejected").inc()
        raise ClientException(str(error)) from error
    await _append(position, positions)
    DOOR_POSITIONS.labels("osmand", "accepted").inc()
    return Response("")


def _addressed(report: Report, addressees: Addressees, caller: Caller) -> Position:
    """Return the position with its vehicle.

    Raises:
        RefusedRequestError: It is nobody's.
        ApiError: 403, it is not the caller's to send.
    """
    position = addressees.addressed(report, caller)
    if isinstance(position, Position):
        return position
    if position.reason is Reason.NOT_ALLOWED:
        DOOR_POSITIONS.labels("osmand", "rejected").inc()
        raise ApiError(HTTPStatus.FORBIDDEN, Code.FORBIDDEN, position.detail)
    raise RefusedRequestError(position.detail)


def _refuse_foreign_page(request: Request[Any, Any, Any]) -> None:
    """Refuse what a browser sends for a page of another site, which here a mere link or image could do.

    Browsers say so in `Sec-Fetch-Site`, which no page can change; apps do not send it.
    """
    if request.headers.get("sec-fetch-site", "none") not in _OWN_SITE:
        raise ApiError(HTTPStatus.FORBIDDEN, Code.FORBIDDEN, "a page of another site may not send positions")


async def _append(position: Position, positions: Sender) -> None:
    try:
        await positions.send_all([Outgoing(position.vehicle_id, msgspec.json.encode(position))])
    except (BrokerError, TopicsError) as error:
        raise not_confirmed(error) from error
