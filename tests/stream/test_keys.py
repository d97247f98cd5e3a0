"""Stored keys sort as their keys do, and nothing is lost on the way there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.stream.engine.marker import MARKER_KEY
from fleet_app.stream.keys import LOWEST, ROWS, TEXT, RowKey

HIGHEST = 2**63 - 1
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
row_keys = st.tuples(texts, st.integers(LOWEST, HIGHEST))


@given(texts)
def test_a_text_comes_back_from_its_stored_form(text: str) -> None:
    assert TEXT.decode(TEXT.encode(text)) == text


@given(st.lists(texts))
def test_texts_are_stored_in_their_own_order(some: list[str]) -> None:
    assert [TEXT.decode(stored) for stored in sorted(map(TEXT.encode, some))] == sorted(some)


@given(row_keys)
def test_a_row_comes_back_from_its_stored_form(key: RowKey) -> None:
    assert ROWS.decode(ROWS.encode(key)) == key


@given(st.lists(row_keys))
def test_rows_are_stored_by_text_and_then_by_number(some: list[RowKey]) -> None:
    assert [ROWS.decode(stored) for stored in sorted(map(ROWS.encode, some))] == sorted(some)


@given(texts, texts, st.lists(st.integers(LOWEST, HIGHEST), min_size=3, max_size=3).map(sorted))
def test_rows_of_one_text_stand_together(text: str, other: str, numbers: list[int]) -> None:
    first, between, last = numbers
    stored = ROWS.encode((other, between))

    assert (ROWS.encode((text, first)) <= stored <= ROWS.encode((text, last))) == (text == other)


@pytest.mark.parametrize("text", ["\0", "a\0", "a\0b"])
def test_a_zero_byte_in_the_text_of_a_row_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="holds a zero byte"):
        ROWS.encode((text, 0))


@pytest.mark.parametrize("text", ["\0", "\0positions"])
def test_a_text_that_begins_with_a_zero_byte_is_refused_as_it_might_be_taken_for_a_marker(text: str) -> None:
    with pytest.raises(ValueError, match="begins with a zero byte"):
        TEXT.encode(text)


@given(st.integers(LOWEST, HIGHEST))
def test_a_row_of_the_empty_text_is_never_taken_for_a_marker(number: int) -> None:
    assert ROWS.encode(("", number)) != MARKER_KEY


@pytest.mark.parametrize("number", [LOWEST - 1, HIGHEST + 1])
def test_a_number_of_more_than_64_bits_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="more than 64 bits"):
        ROWS.encode(("a", number))


def test_a_key_is_at_home_where_its_text_is() -> None:
    assert (TEXT.home("v-7"), ROWS.home(("v-7", 1_700_000_000_000))) == ("v-7", "v-7")


def test_a_key_is_shown_as_a_person_writes_it() -> None:
    assert (TEXT.show("v-7"), ROWS.show(("v-7", 1_700_000_000_000))) == ("v-7", "v-7@1700000000000")
