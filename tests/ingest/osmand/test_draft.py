"""What both ways to send have in common."""

import pytest

from fleet_app.domain.position import Report
from fleet_app.ingest.osmand.draft import (
    MAX_ATTRIBUTE_NAME,
    MAX_ATTRIBUTE_TEXT,
    MAX_ATTRIBUTES,
    AttributeValue,
    RefusedRequestError,
    checked,
    fitting,
    read_time,
    shown,
    unless_negative,
)

NOON_MS = 1_433_678_400_000  # 2015-06-07T12:00:00Z
NAMES = {"device_id": "id", "lat": "latitude"}


def position(**changes: object) -> Report:
    return Report(**{"device_id": "7", "time_ms": NOON_MS, "lat": 52.0, "lon": 13.0} | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "1433678400",
        "1433678400.000",
        "1433678400000",
        "2015-06-07T12:00:00Z",
        "2015-06-07T12:00:00.000Z",
        "2015-06-07T14:00:00+02:00",
        "2015-06-07T14:00:00+0200",
        "2015-06-07T07:00:00-05:00",
        "2015-06-07T17:45:00+05:45",
        "2015-06-07T12:00:00",
        "2015-06-07 12:00:00",
        " 1433678400 ",
    ],
)
def test_seconds_milliseconds_and_iso_give_the_same_moment(text: str) -> None:
    assert read_time("timestamp", text) == NOON_MS


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("4102444800", 4_102_444_800_000),  # the last second that a position may have
        ("99999999999", 99_999_999_999_000),  # still seconds, and refused later as past 2100
        ("100000000000", 100_000_000_000),  # milliseconds, of 1973
        ("1433678400123", NOON_MS + 123),
        ("1433678400.123", NOON_MS + 123),
        ("2015-06-07T12:00:00.123Z", NOON_MS + 123),
    ],
)
def test_no_number_of_this_century_is_both_seconds_and_milliseconds(text: str, time_ms: int) -> None:
    assert read_time("timestamp", text) == time_ms


@pytest.mark.parametrize("text", ["", "now", "2015-06-07T14:00:00 02:00", "07.06.2015 12:00", "1e9", "NaN"])
def test_what_is_no_time_is_refused_by_name_and_value(text: str) -> None:
    with pytest.raises(RefusedRequestError) as refused:
        read_time("timestamp", text)

    assert str(refused.value).startswith(f"timestamp {text!r} is not a time: ISO 8601, or seconds")


@pytest.mark.parametrize(("sent", "known"), [(None, None), (-1.0, None), (-0.01, None), (0.0, 0.0), (3.5, 3.5)])
def test_a_negative_quantity_is_unknown(sent: float | None, known: float | None) -> None:
    assert unless_negative(sent) == known


def test_no_attributes_are_none() -> None:
    assert fitting([]) is None
    assert fitting([("batt", None)]) is None


def test_attributes_beyond_what_a_position_may_have_are_left_out() -> None:
    at_limits = ("n" * MAX_ATTRIBUTE_NAME, "t" * MAX_ATTRIBUTE_TEXT)
    over_limits: list[tuple[str, AttributeValue]] = [
        ("n" * (MAX_ATTRIBUTE_NAME + 1), 1.0),
        ("long", "t" * (MAX_ATTRIBUTE_TEXT + 1)),
    ]
    many: list[tuple[str, AttributeValue]] = [(str(number), float(number)) for number in range(MAX_ATTRIBUTES)]

    assert fitting([at_limits, *over_limits]) == dict([at_limits])
    assert fitting([*many, ("one more", 1.0)]) == dict(many)


def test_the_limits_are_those_of_a_position() -> None:
    full = {str(number).rjust(MAX_ATTRIBUTE_NAME): "t" * MAX_ATTRIBUTE_TEXT for number in range(MAX_ATTRIBUTES)}

    assert checked(position(attributes=full), NAMES).attributes == full


def test_of_two_attributes_with_one_name_the_first_is_kept() -> None:
    assert fitting([("batt", 79.0), ("batt", "full")]) == {"batt": 79.0}


def test_a_value_that_cannot_be_is_told_in_the_senders_words() -> None:
    with pytest.raises(RefusedRequestError) as refused:
        checked(position(lat=91.0), NAMES)

    assert str(refused.value) == "Expected `float` <= 90.0 - at latitude (lat 91.0)"


def test_what_is_shown_has_an_end_and_no_control_characters() -> None:
    assert shown("a\n\x1b[31m") == r"'a\n\x1b[31m'"
    assert len(shown("x" * 100_000)) < 140
