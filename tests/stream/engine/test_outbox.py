"""Outputs wait for the commit that explains them; of a compacted topic only the newest."""

import msgspec
import pytest

from fleet_app.stream.declarations import REKEYED, PlainRecord, RekeyedTwiceError
from fleet_app.stream.engine.journal import Journal
from fleet_app.stream.engine.outbox import Outbox
from fleet_app.stream.engine.ports import Log, Outgoing
from tests.stream.engine.counting import COPIES, LINES, NEWEST, Copy, partition_of

ONE, TWO = Copy("0-1", "a", 1), Copy("0-2", "a", 2)
HERE = Log("copies", partition_of(b"a"))


def as_json(value: Copy) -> bytes:
    return msgspec.json.encode(value)


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def outbox(journal: Journal) -> Outbox:
    return Outbox(journal, partition_of)


def newest(outbox: Outbox) -> dict[Log, Outgoing]:
    return dict(outbox.encode_latest(outbox.cut().latest))


def test_records_are_sent_in_order_to_where_their_key_belongs(outbox: Outbox) -> None:
    outbox.send(COPIES, "a", ONE)
    outbox.send(COPIES, "b", ONE)
    outbox.send(COPIES, "a", TWO)

    assert outbox.cut().appended == {
        HERE: [Outgoing(b"a", as_json(ONE)), Outgoing(b"a", as_json(TWO))],
        Log("copies", partition_of(b"b")): [Outgoing(b"b", as_json(ONE))],
    }


def test_a_tombstone_has_no_value(outbox: Outbox) -> None:
    outbox.send(COPIES, "a", None)
    outbox.send(NEWEST, "a", None)
    parcel = outbox.cut()

    assert parcel.appended == {HERE: [Outgoing(b"a", None)]}
    assert dict(outbox.encode_latest(parcel.latest)) == {Log("newest", partition_of(b"a")): Outgoing(b"a", None)}


def test_of_a_compacted_topic_only_each_keys_newest_value_is_sent(outbox: Outbox) -> None:
    outbox.send(NEWEST, "a", ONE)
    outbox.send(NEWEST, "b", ONE)
    outbox.send(NEWEST, "a", TWO)

    assert newest(outbox) == {
        Log("newest", partition_of(b"a")): Outgoing(b"a", as_json(TWO)),
        Log("newest", partition_of(b"b")): Outgoing(b"b", as_json(ONE)),
    }


def test_a_cut_takes_everything_along(outbox: Outbox) -> None:
    outbox.send(COPIES, "a", ONE)
    outbox.send(NEWEST, "a", ONE)
    outbox.cut()

    assert (outbox.cut().appended, newest(outbox), outbox.waiting_bytes()) == ({}, {}, 0)


def test_what_is_sent_after_a_cut_is_not_part_of_it(outbox: Outbox) -> None:
    outbox.send(COPIES, "a", ONE)
    parcel = outbox.cut()
    outbox.send(COPIES, "a", TWO)
    outbox.send(NEWEST, "a", TWO)

    assert (parcel.appended, parcel.latest) == ({HERE: [Outgoing(b"a", as_json(ONE))]}, {})


def test_what_a_record_has_sent_can_be_undone(outbox: Outbox, journal: Journal) -> None:
    outbox.send(COPIES, "a", ONE)
    outbox.send(NEWEST, "a", ONE)
    bytes_before = outbox.waiting_bytes()
    journal.clear()
    outbox.send(COPIES, "a", TWO)
    outbox.send(COPIES, "b", TWO)
    outbox.send(NEWEST, "a", TWO)
    outbox.send(NEWEST, "a", None)
    outbox.send(NEWEST, "b", TWO)
    journal.undo()

    assert outbox.waiting_bytes() == bytes_before
    parcel = outbox.cut()
    assert parcel.appended == {HERE: [Outgoing(b"a", as_json(ONE))]}
    assert dict(outbox.encode_latest(parcel.latest)) == {
        Log("newest", partition_of(b"a")): Outgoing(b"a", as_json(ONE))
    }


def test_what_waits_is_weighed(outbox: Outbox) -> None:
    outbox.send(COPIES, "a", Copy("0-1", "x" * 1_000_000, 1))

    assert 1_000_000 < outbox.waiting_bytes() < 1_001_000


def test_a_strangers_record_is_sent_on_as_it_came_with_a_header_that_says_so(outbox: Outbox) -> None:
    record = PlainRecord(7, 1_000, b"wrong", b"value", (("trace", b"1"),))
    outbox.rekey(LINES, record, "b", 1)

    assert outbox.cut().appended == {
        Log("lines", partition_of(b"b")): [Outgoing(b"b", b"value", (("trace", b"1"), (REKEYED, b"1")))]
    }


def test_a_stranger_is_sent_on_once_only(outbox: Outbox) -> None:
    record = PlainRecord(7, 1_000, b"wrong", b"value", ((REKEYED, b"0"),))

    with pytest.raises(RekeyedTwiceError, match=r"partition of 'b' before, and came out at partition 1"):
        outbox.rekey(LINES, record, "b", 1)


def test_sending_a_stranger_on_can_be_undone(outbox: Outbox, journal: Journal) -> None:
    outbox.rekey(LINES, PlainRecord(7, 1_000, b"wrong", b"value"), "b", 1)
    journal.undo()

    assert outbox.cut().appended == {}
