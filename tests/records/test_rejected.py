"""A value of fleet.rejected, as other programs read it."""

import json
from base64 import b64decode

import msgspec
import pytest

from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.reorder import Waiting
from fleet_app.records.rejected import Place, UnreadableError, dead_letter, rejected, rejected_waiting
from fleet_app.stream.declarations import FailedRecord, PlainRecord, RekeyedTwiceError
from tests.domain.drives import fix_at

PLACE = Place("fleet.positions", 3)


@pytest.mark.parametrize("value", [b"\xff\x00 no json", b"", None])
def test_the_original_bytes_of_a_refused_record_come_through_json(value: bytes | None) -> None:
    record = PlainRecord(42, 1_000, b"\xfe", value)
    said = json.loads(msgspec.json.encode(rejected(record, PLACE, "van-1", Refusal(Reason.MALFORMED, "no JSON"))))

    assert b64decode(said["key"]) == b"\xfe"
    assert (None if said["value"] is None else b64decode(said["value"])) == value
    assert (said["reason"], said["topic"], said["partition"], said["offset"]) == ("malformed", "fleet.positions", 3, 42)


def test_a_fix_that_is_refused_in_its_order_is_told_as_its_record_would_have_been() -> None:
    refusal = Refusal(Reason.EXCURSION, "there and back")
    record = PlainRecord(42, 1_000, b"van-1", b"{}")
    waiting = Waiting(fix_at(0), record.offset, record.timestamp, record.key, record.value)

    assert rejected_waiting(waiting, PLACE, "van-1", refusal) == rejected(record, PLACE, "van-1", refusal)


@pytest.mark.parametrize(
    ("error", "reason", "detail"),
    [
        (UnreadableError(Refusal(Reason.OUT_OF_RANGE, "lat is 91")), Reason.OUT_OF_RANGE, "lat is 91"),
        (RekeyedTwiceError("van-1", 3), Reason.MISKEYED, "what the engine says of it"),
        (KeyError("speed"), Reason.FAILED, "what the engine says of it"),
    ],
)
def test_a_dead_letter_says_what_was_wrong(error: Exception, reason: Reason, detail: str) -> None:
    failed = FailedRecord(
        topic="fleet.positions",
        partition=3,
        record=PlainRecord(42, 1_000, b"van-1", b"{}"),
        error=error,
        detail="what the engine says of it",
    )
    key, letter = dead_letter(failed)

    assert (key, letter.vehicle_id, letter.reason, letter.detail) == ("van-1", "van-1", reason, detail)
    assert (letter.topic, letter.partition, letter.offset, letter.received_ms) == ("fleet.positions", 3, 42, 1_000)


def test_a_dead_letter_of_a_record_without_a_key_has_no_vehicle() -> None:
    error = UnreadableError(Refusal(Reason.MALFORMED, "no JSON"))
    record = PlainRecord(0, 0, None, None)
    failed = FailedRecord(topic="fleet.positions", partition=0, record=record, error=error, detail="")

    assert dead_letter(failed)[0] == ""
