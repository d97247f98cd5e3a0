"""`fleet.rejected`: refused input, with its reason and its original bytes."""

from typing import NamedTuple

import msgspec

from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.reorder import Waiting
from fleet_app.stream.declarations import FailedRecord, PlainRecord, Record, RekeyedTwiceError, Undecodable


class Rejected(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A value of `fleet.rejected`: input that was refused, with its reason and its original bytes.

    Attributes:
        reason: The typed reason code.
        detail: A sentence naming the field and the value.
        vehicle_id: The vehicle, where the input could be read that far, else the record's key, else empty.
        topic: Where the input stood.
        partition: Its partition.
        offset: Its offset.
        received_ms: Its Kafka timestamp, ms since 1970, UTC.
        key: The original key (base64).
        value: The original value (base64).
    """

    reason: Reason
    detail: str
    vehicle_id: str
    topic: str
    partition: int
    offset: int
    received_ms: int
    key: bytes | None
    value: bytes | None


class Place(NamedTuple):
    """Where a record stands, but for its offset."""

    topic: str
    partition: int


def rejected(record: Record, place: Place, vehicle_id: str, refusal: Refusal) -> Rejected:
    """Return what is kept of a refused record: its reason, its place, and its original bytes."""
    return Rejected(
        reason=refusal.reason,
        detail=refusal.detail,
        vehicle_id=vehicle_id,
        topic=place.topic,
        partition=place.partition,
        offset=record.offset,
        received_ms=record.timestamp,
        key=record.key,
        value=record.value,
    )


def rejected_waiting(waiting: Waiting, place: Place, vehicle_id: str, refusal: Refusal) -> Rejected:
    """Return what is kept of a fix that was refused in its order."""
    record = PlainRecord(waiting.offset, waiting.received_ms, waiting.key, waiting.value)
    return rejected(record, place, vehicle_id, refusal)


class UnreadableError(Undecodable):
    """A record that is no position; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


def dead_letter(failed: FailedRecord) -> tuple[str, Rejected]:
    """Return key and value of the dead letter of a record that its handler raised on."""
    vehicle_id = (failed.record.key or b"").decode(errors="replace")
    place = Place(failed.topic, failed.partition)
    return vehicle_id, rejected(failed.record, place, vehicle_id, _refusal_of(failed))


def _refusal_of(failed: FailedRecord) -> Refusal:
    match failed.error:
        case UnreadableError(refusal=refusal):
            return refusal
        case RekeyedTwiceError():
            return Refusal(Reason.MISKEYED, failed.detail)
        case _:
            return Refusal(Reason.FAILED, failed.detail)
