"""CSV that programs read back as it was and spreadsheets do not run."""

import csv
from collections.abc import Sequence
from datetime import UTC
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.web.csv_text import Cell, csv_response, iso_time

pytestmark = pytest.mark.anyio
TEXTS = st.text() | st.text("=+-@\",;\r\n\t' a\uff1d")
NUMBERS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


async def written(header: list[str], *lines: Sequence[Cell]) -> str:
    return bytes((await csv_response(header, lines)).content).decode()


def read(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text, newline=""), strict=True))


def as_text(cell: Cell) -> str:
    """Return what a reader finds in a cell that is no text."""
    return {None: "", True: "true", False: "false"}[cell] if cell is None or isinstance(cell, bool) else repr(cell)


@given(st.lists(st.lists(TEXTS, min_size=1), max_size=5))
async def test_texts_are_read_back_as_they_were_but_for_an_apostrophe_before_formulas(lines: list[list[str]]) -> None:
    found = read(await written(["a"], *lines))[1:]

    assert [[cell.removeprefix("'") for cell in line] for line in found] == [
        [cell.removeprefix("'") for cell in line] for line in lines
    ]


@given(st.lists(TEXTS, min_size=1))
async def test_no_text_begins_a_formula(line: list[str]) -> None:
    [_, found] = read(await written(["a"], line))

    assert [cell for cell in found if cell.startswith(FORMULA_STARTS)] == []


@given(
    st.lists(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False), min_size=1)
)
async def test_numbers_are_written_in_full_and_what_is_not_known_is_empty(line: list[Cell]) -> None:
    text = await written(["a"], line)

    assert text.splitlines()[1] == ",".join(map(as_text, line))


@given(TEXTS)
async def test_a_spreadsheet_that_splits_at_semicolons_finds_a_text_whole(text: str) -> None:
    document = await written(["a"], [text])

    assert [len(line) for line in csv.reader(StringIO(document, newline=""), delimiter=";", strict=True)] == [1, 1]


async def test_lines_end_as_rfc_4180_says_and_a_quote_is_doubled() -> None:
    assert await written(["name", "metres_m"], ['van "7"', 1.5]) == '"name","metres_m"\r\n"van ""7""",1.5\r\n'


async def test_a_negative_number_is_no_formula() -> None:
    assert await written(["lat_deg"], [-33.9]) == '"lat_deg"\r\n-33.9\r\n'


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        (UTC, "2026-10-25T00:30:00.250+00:00"),
        (ZoneInfo("Europe/Berlin"), "2026-10-25T02:30:00.250+02:00"),
        (ZoneInfo("Asia/Kolkata"), "2026-10-25T06:00:00.250+05:30"),
    ],
)
def test_a_time_is_told_with_its_offset(zone: ZoneInfo, text: str) -> None:
    assert iso_time(1_792_888_200_250, zone) == text


async def test_the_answer_says_that_it_is_csv() -> None:
    assert (await csv_response(["a"], [])).media_type == "text/csv"
