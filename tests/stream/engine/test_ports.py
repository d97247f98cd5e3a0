"""What crosses the ports is plain data."""

import msgspec

from fleet_app.stream.engine.ports import Bounds, Fetched, Log, Meta, Outgoing, StoreMark


def test_what_a_store_says_of_itself_comes_back_from_its_stored_form() -> None:
    meta = Meta({"totals": StoreMark("here", 7, b"marker"), "seen": StoreMark("here", 9, None)}, 1_700_000_000_000)

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(meta), type=Meta) == meta


def test_a_fetch_outside_tasks_has_no_epoch() -> None:
    assert Fetched(Log("totals", 0), 0, 1, ()).epoch == 0


def test_a_record_has_no_headers_unless_given() -> None:
    assert (Outgoing(b"a", None), Bounds(3, 5)) == ((b"a", None, ()), (3, 5))
