"""Tables keep every version ever written readable; topics and agents are data."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.stream.declarations import Due, RekeyedTwiceError, Table, Undecodable, UnknownVersionError, timers_table
from fleet_app.stream.keys import TEXT


class Total(msgspec.Struct, frozen=True, array_like=True):
    seen: int
    note: str = ""


def from_version_1(stored: bytes) -> Total:
    """Version 1 was a bare number."""
    return Total(msgspec.msgpack.decode(stored, type=int), "of old")


TOTALS = Table(
    name="totals",
    key="a word",
    keys=TEXT,
    value=Total,
    version=2,
    decoders={1: from_version_1, 2: msgspec.msgpack.Decoder(Total).decode},
    written_by="count_words",
)


@given(st.builds(Total, st.integers(-(2**63), 2**64 - 1), st.text()))
def test_what_is_written_is_read_back(value: Total) -> None:
    assert TOTALS.decode(TOTALS.encode(value)) == value


def test_a_stored_value_begins_with_todays_version() -> None:
    assert TOTALS.encode(Total(7, "n")) == b"\x02" + msgspec.msgpack.encode([7, "n"])


def test_a_value_of_an_earlier_release_is_read_by_its_own_decoder() -> None:
    assert TOTALS.decode(b"\x01\x07") == Total(7, "of old")


@pytest.mark.parametrize("version", [0, 3, 255])
def test_a_version_without_a_decoder_is_refused_with_what_to_do(version: int) -> None:
    with pytest.raises(UnknownVersionError) as refused:
        TOTALS.decode(bytes((version,)) + b"\x91\x07")

    assert str(refused.value) == (
        f"table totals: a value has version {version}, this release knows up to 2; "
        "run the release that wrote it, or a newer one"
    )


def test_damaged_bytes_are_no_value() -> None:
    with pytest.raises(msgspec.DecodeError):
        TOTALS.decode(b"\x02\xc1")


def test_a_table_of_timers_keeps_when_each_keys_timer_is_due() -> None:
    quiet = timers_table("quiet", key="a word", written_by="count_words")

    assert (quiet.keys, quiet.decode(quiet.encode(Due(1_700)))) == (TEXT, Due(1_700))


def test_a_timers_stored_form_is_fixed_for_life() -> None:
    quiet = timers_table("quiet", key="a word", written_by="count_words")

    assert quiet.encode(Due(7)) == b"\x01" + msgspec.msgpack.encode([7])


def test_a_record_that_is_a_stranger_everywhere_becomes_a_dead_letter_without_a_traceback() -> None:
    error = RekeyedTwiceError("v-7", 3)

    assert isinstance(error, Undecodable)
    assert str(error) == "the record was sent on to the partition of 'v-7' before, and came out at partition 3"
