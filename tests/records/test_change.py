"""Records of changes that cannot be read are refused with their reason, whatever stands in them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.refusals import Reason
from fleet_app.records.change import check_same_key, read_change, read_key
from fleet_app.records.geofence_change import GeofenceChange
from fleet_app.records.rejected import UnreadableError
from fleet_app.stream.declarations import PlainRecord

decode = msgspec.json.Decoder(GeofenceChange).decode


def record(value: bytes | None, key: bytes | None = b"depot") -> PlainRecord:
    return PlainRecord(0, 0, key, value)


def at_most_8(text: str) -> str:
    if len(text) > 8:
        raise msgspec.ValidationError("too long")
    return text


def test_a_key_is_text() -> None:
    assert read_key(record(b"", "süd".encode()), at_most_8) == "süd"


@pytest.mark.parametrize(
    ("key", "reason"), [(b"\xff", Reason.MALFORMED), (b"123456789", Reason.OUT_OF_RANGE)], ids=["no text", "no id"]
)
def test_a_key_that_cannot_be_one_is_refused(key: bytes, reason: Reason) -> None:
    with pytest.raises(UnreadableError, match="the key is no") as raised:
        read_key(record(b"", key), at_most_8)

    assert raised.value.refusal.reason is reason


def test_a_change_is_read() -> None:
    read = read_change(record(b'{"request_id":"a","seen_revision":3,"geofence":null}'), decode)

    assert read == GeofenceChange(request_id="a", seen_revision=3, geofence=None)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, Reason.MALFORMED),
        (b"", Reason.MALFORMED),
        (b"\xff", Reason.MALFORMED),
        (b'"\xff"', Reason.MALFORMED),
        (b'{"request_id":"\xff"}', Reason.MALFORMED),
        (b'{"x":' + b"[" * 100_000, Reason.MALFORMED),
        (b"{}", Reason.MISSING_FIELD),
        (b'{"request_id":"a"}', Reason.MISSING_FIELD),
        (b'{"request_id":7,"seen_revision":null,"geofence":null}', Reason.MISTYPED_FIELD),
        (b'{"request_id":"a","seen_revision":-1,"geofence":null}', Reason.OUT_OF_RANGE),
        (b'{"request_id":"","seen_revision":1,"geofence":null}', Reason.OUT_OF_RANGE),
    ],
)
def test_a_change_that_cannot_be_read_is_refused_with_its_reason(value: bytes | None, reason: Reason) -> None:
    with pytest.raises(UnreadableError) as raised:
        read_change(record(value), decode)

    assert raised.value.refusal.reason is reason


@given(st.binary())
def test_no_bytes_are_anything_but_a_change_or_refused(value: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_change(record(value), decode)


def test_a_value_calls_itself_by_its_records_key() -> None:
    check_same_key("depot", "depot")
    with pytest.raises(UnreadableError, match="key is 'depot', its value calls itself 'yard'"):
        check_same_key("depot", "yard")
