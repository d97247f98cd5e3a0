"""The HTTP door: `POST /api/positions` takes one position or many.

Only form, type, range and device are judged here, so that a sender learns at once what it must mend. Age, skew and
repeats are the agent's to judge: it alone knows the receive time and the vehicle's last fixes.
"""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from litestar import Response, Router, post
from litestar.dto import AbstractDTO
from litestar.exceptions import ClientException, HTTPException
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody
from litestar.typing import FieldDefinition
from msgspec import Meta

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.rights import Right
from fleet_app.domain.position import Report, read_report
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.errors import BrokerError, TopicsError
from fleet_app.http.access import InjectedCaller, needs
from fleet_app.http.problems import ApiError, Code
from fleet_app.ingest.addressees import Addressees
from fleet_app.ingest.producer import Outgoing, Sender
from fleet_app.metrics import DOOR_POSITIONS

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator
    from litestar.dto._backend import DTOBackend
    from litestar.openapi.spec import Reference, Schema

MAX_POSITIONS: Final = 10_000
MAX_BODY_BYTES: Final = 16 * 1024 * 1024
RETRY_AFTER_S: Final = 5
_POSITIONS_BETWEEN_PAUSES: Final = 1_000
"""Reading a position takes a few µs; after this many, the rest of the process gets a turn."""


class AcceptedPosition(msgspec.Struct, frozen=True):
    """A position that is safe in Kafka."""

    index: Annotated[int, Meta(description="Its place in the request, from 0.")]
    partition: Annotated[int, Meta(description="Partition of `fleet.positions`.")]
    offset: Annotated[int, Meta(description="Offset in that partition.")]


class RefusedPosition(msgspec.Struct, frozen=True):
    """A position that was not taken, and went nowhere."""

    index: Annotated[int, Meta(description="Its place in the request, from 0.")]
    reason: Annotated[Reason, Meta(description="What is wrong, as a code.")]
    detail: Annotated[str, Meta(description="What is wrong, in words: the field and the rule.")]


class Receipt(msgspec.Struct, frozen=True):
    """What became of each position of a request; every one of them is in one of the two lists."""

    accepted: Annotated[list[AcceptedPosition], Meta(description="In Kafka, in the order of the request.")]
    rejected: Annotated[list[RefusedPosition], Meta(description="Not taken, in the order of the request.")]


class _OneOrMany(AbstractDTO[Report]):
    """Splits a body into the JSON of its positions, so that a bad one does not cost the good ones."""

    def decode_bytes(self, value: bytes) -> list[bytes]:
        return split(value)

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: "type[DTOBackend] | None" = None
    ) -> None:
        """Nothing is generated from the Struct: `decode_bytes` is all there is."""

    @classmethod
    def create_openapi_schema(
        cls,
        field_definition: FieldDefinition,  # noqa: ARG003 - the base class's signature
        handler_id: str,  # noqa: ARG003 - the base class's signature
        schema_creator: "SchemaCreator",
    ) -> "Reference | Schema":
        return schema_creator.for_field_definition(FieldDefinition.from_annotation(Report | list[Report]))


def split(body: bytes) -> list[bytes]:
    """Return the JSON of each position in a body: of the one object, or of each element of the array.

    Raises:
        ClientException: The body as a whole is not JSON.
        HTTPException: It has more than `MAX_POSITIONS` elements (413).
    """
    try:
        if not body.lstrip().startswith(b"["):
            return [bytes(msgspec.json.decode(body, type=msgspec.Raw))]
        elements = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        raise ClientException(f"the body is not JSON, nothing was taken: {error}") from error
    if len(elements) > MAX_POSITIONS:
        raise HTTPException(
            f"{len(elements)} positions in one request, at most {MAX_POSITIONS} allowed; nothing was taken",
            status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
    return [bytes(element) for element in elements]


async def receive(elements: Sequence[bytes], positions: Sender, addressees: Addressees, caller: Caller) -> Receipt:
    """Judge each element, append the good ones, and say what became of each.

    What is appended is the position as it was read, with its vehicle: compact JSON without the fields that `Position`
    does not name.

    Raises:
        BrokerError: Kafka did not confirm all of the good ones in time.
        TopicsError: Kafka has no `fleet.positions`.
        ApiError: 503, whose one is cannot be told yet.
    """
    good: list[tuple[int, Outgoing]] = []
    rejected: list[RefusedPosition] = []
    for index, element in enumerate(elements):
        read = read_report(element)
        position = read if isinstance(read, Refusal) else addressees.addressed(read, caller)
        if isinstance(position, Refusal):
            rejected.append(RefusedPosition(index, position.reason, position.detail))
        else:
            good.append((index, Outgoing(position.vehicle_id, msgspec.json.encode(position))))
        if index % _POSITIONS_BETWEEN_PAUSES == _POSITIONS_BETWEEN_PAUSES - 1:
            await asyncio.sleep(0)
    placed = await positions.send_all([outgoing for _, outgoing in good]) if good else []
    accepted = [
        AcceptedPosition(index, place.partition, place.offset) for (index, _), place in zip(good, placed, strict=True)
    ]
    return Receipt(accepted, rejected)


NOT_CONFIRMED: Final = ResponseSpec(
    None,
    generate_examples=False,
    description="Kafka did not confirm in time: send the request again after `Retry-After` seconds.",
)


def not_confirmed(error: BrokerError | TopicsError) -> ApiError:
    """Return what every door answers when Kafka does not take what it was sent."""
    return ApiError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        Code.NOT_CONFIRMED,
        str(error),
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def positions_router(positions: Sender, addressees: Addressees) -> Router:
    """Return the routes that append to `positions`, once `addressees` has told whose each is."""

    @post(
        "/api/positions",
        opt=needs(Right.SEND_POSITIONS),
        dto=_OneOrMany,
        return_dto=None,
        request_max_body_size=MAX_BODY_BYTES,
        status_code=HTTPStatus.ACCEPTED,
        operation_id="post_positions",
        summary="Send one position, or many",
        description=(
            f"One position, or an array of up to {MAX_POSITIONS} of them. Bad ones are reported by index and the good "
            "ones kept. One that names a `device_id` and no `vehicle_id` goes to the vehicle that the device was in at "
            "its `time_ms`. A device key may name its own ids only, a key of one tenant the tenant's vehicles only; "
            "the rest is `not_allowed`. When the answer arrives, what it lists as accepted is in Kafka; whether it "
            "counts is decided there (age, repeats). Repeating a request is safe."
        ),
        response_description="Taken: at least one position, or the array was empty.",
        responses={
            HTTPStatus.BAD_REQUEST: ResponseSpec(
                None, generate_examples=False, description="The body is not JSON. Nothing was taken."
            ),
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ResponseSpec(
                None, generate_examples=False, description="Too many bytes or positions. Nothing was taken."
            ),
            HTTPStatus.UNPROCESSABLE_ENTITY: ResponseSpec(
                Receipt, generate_examples=False, description="Every position was bad. Nothing was taken."
            ),
            HTTPStatus.SERVICE_UNAVAILABLE: NOT_CONFIRMED,
        },
        raises=[],
    )
    async def post_positions(caller: InjectedCaller, data: JSONBody[list[bytes] | None] = None) -> Response[Receipt]:
        if data is None:
            raise ClientException("the body is empty: send a position, or an array of them")
        try:
            receipt = await receive(data, positions, addressees, caller)
        except (BrokerError, TopicsError) as error:
            raise not_confirmed(error) from error
        DOOR_POSITIONS.labels("http", "accepted").inc(len(receipt.accepted))
        DOOR_POSITIONS.labels("http", "rejected").inc(len(receipt.rejected))
        all_bad = bool(receipt.rejected) and not receipt.accepted
        return Response(receipt, status_code=HTTPStatus.UNPROCESSABLE_ENTITY if all_bad else HTTPStatus.ACCEPTED)

    return Router("/", route_handlers=[post_positions], tags=["doors"])
