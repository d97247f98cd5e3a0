"""docs/positions.md and its JSON Schema say what the code does."""

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fleet_app.domain.position import MOST_BYTES, Position, read_position
from fleet_app.domain.refusals import Reason
from fleet_app.ingest.http import MAX_BODY_BYTES, MAX_POSITIONS
from tests.support.tools import load_tool

TOOL = load_tool("make_position_schema")
PAGE: str = TOOL.PAGE.read_text()
SCHEMA: dict[str, Any] = msgspec.json.decode(TOOL.SCHEMA.read_bytes())


def test_the_schema_and_the_table_are_up_to_date() -> None:
    assert TOOL.SCHEMA.read_text() == TOOL.schema_text()
    assert TOOL.rewritten(PAGE) == PAGE
    assert TOOL.fields_table() in PAGE


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_every_field_and_every_reason_is_on_the_page() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)

    assert rows == [*Position.__struct_fields__, *Reason]


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    assert f"up to {MAX_POSITIONS:,}, in a body of up to {MAX_BODY_BYTES // 2**20} MiB" in PAGE
    assert f"A position has at most {MOST_BYTES:,} bytes" in PAGE


def test_every_example_on_the_page_is_a_position() -> None:
    examples = re.findall(r'\{"vehicle_id".*?\}', PAGE.replace("'$(date +%s000)'", "1767168000000"))

    assert [read_position(example.encode()) for example in examples if "91" not in example]
    assert [example for example in examples if not isinstance(read_position(example.encode()), Position)] == [
        example for example in examples if '"lat":91' in example
    ]


def test_the_largest_position_is_as_small_as_the_page_says() -> None:
    widest = "\x01"
    largest = {
        "vehicle_id": "😀" * 128,
        "time_ms": 1,
        "lat": -1.2345678901234567,
        "lon": -100.12345678901234,
        "device_id": widest * 128,
        "attributes": {f"{number:02}" + widest * 62: widest * 256 for number in range(32)},
    }
    read = read_position(msgspec.json.encode(largest))

    assert isinstance(read, Position)
    assert len(msgspec.json.encode(read)) < MOST_BYTES


# Where JSON Schema and Python count alike: a float without a fraction is an integer to JSON Schema and not to us,
# which the page says.
NUMBERS = st.integers(-(10**12), 10**13) | st.floats(-1e12, 1e12).filter(lambda number: not number.is_integer())
TEXTS = st.text(max_size=140) | st.sampled_from(["", ".", "..", "a/b", "a\n", "\n", "a" * 128, "a" * 129])
EDGES: list[object] = [-90, 90, 90.5, -180, 180, 180.5, 0, 150, 150.5, 360, 4_102_444_800_000, 4_102_444_800_001]
ANYTHING = (
    st.none()
    | st.booleans()
    | NUMBERS
    | TEXTS
    | st.sampled_from(EDGES)
    | st.dictionaries(st.text(max_size=70), st.none() | st.booleans() | NUMBERS | st.text(max_size=260), max_size=34)
    | st.lists(st.integers(), max_size=2)
)
OPTIONAL = [name for name in Position.__struct_fields__ if name not in SCHEMA["required"]]
GOOD: dict[str, object] = {"vehicle_id": "van-7", "time_ms": 1_767_168_000_000, "lat": 52.4, "lon": 13.5}
NEARLY_GOOD = st.builds(
    lambda changes: GOOD | changes,
    st.dictionaries(st.sampled_from(Position.__struct_fields__) | st.text(max_size=5), ANYTHING, max_size=4),
)
WITHOUT_ONE = st.builds(
    lambda gone: {name: value for name, value in GOOD.items() if name != gone}, st.sampled_from(sorted(GOOD))
)


@given(NEARLY_GOOD | WITHOUT_ONE | ANYTHING)
def test_the_schema_accepts_exactly_what_is_read(value: object) -> None:
    accepted = Draft202012Validator(SCHEMA).is_valid(value)

    assert isinstance(read_position(msgspec.json.encode(value)), Position) == accepted


@pytest.mark.parametrize("name", OPTIONAL)
def test_null_says_the_same_as_leaving_a_field_out(name: str) -> None:
    assert read_position(msgspec.json.encode(GOOD | {name: None})) == read_position(msgspec.json.encode(GOOD))
