"""When a schedule holds, by the clock on the wall."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.geofences.geofence import Hours, Weekday
from fleet_app.domain.geofences.schedule import is_in_force

BERLIN = ZoneInfo("Europe/Berlin")
WEEKDAYS = tuple(Weekday)[:5]
OFFICE = Hours(WEEKDAYS, "08:00", "17:30")
NIGHT = Hours((Weekday.FRIDAY,), "22:00", "06:00")


def ms(text: str) -> int:
    """The instant of an ISO time, at the wall in Berlin if it names no offset."""
    at = datetime.fromisoformat(text)
    return round((at if at.tzinfo else at.replace(tzinfo=BERLIN)).timestamp() * 1_000)


def holds(hours: Hours, text: str) -> bool:
    return is_in_force((hours,), ms(text), BERLIN)


@given(st.integers(0, 4_102_444_800_000))
def test_without_a_schedule_every_instant_is_in_force(time_ms: int) -> None:
    assert is_in_force((), time_ms, UTC)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-02T07:59:59.999", False),
        ("2026-03-02T08:00", True),
        ("2026-03-02T17:29:59.999", True),
        ("2026-03-02T17:30", False),
        ("2026-03-07T12:00", False),
    ],
)
def test_hours_of_a_day_begin_with_their_start_and_are_over_with_their_end(at: str, *, expected: bool) -> None:
    assert holds(OFFICE, at) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-06T21:59", False),
        ("2026-03-06T22:00", True),
        ("2026-03-07T05:59", True),
        ("2026-03-07T06:00", False),
        ("2026-03-07T22:00", False),
        ("2026-03-06T05:00", False),
    ],
)
def test_hours_over_midnight_belong_to_the_day_on_which_they_begin(at: str, *, expected: bool) -> None:
    assert holds(NIGHT, at) is expected


@pytest.mark.parametrize(
    ("start", "end"), [("00:00", "24:00"), ("00:00", "00:00")], ids=["until midnight", "until the next midnight"]
)
@given(st.integers(0, 23), st.integers(0, 59))
def test_a_whole_day_is_from_midnight_to_midnight(start: str, end: str, hour: int, minute: int) -> None:
    hours = Hours((Weekday.MONDAY,), start, end)

    assert holds(hours, f"2026-03-02T{hour:02}:{minute:02}")
    assert not holds(hours, f"2026-03-01T{hour:02}:{minute:02}")
    assert not holds(hours, f"2026-03-03T{hour:02}:{minute:02}")


def test_hours_that_end_as_they_begin_last_a_day() -> None:
    hours = Hours((Weekday.MONDAY,), "08:00", "08:00")

    assert not holds(hours, "2026-03-02T07:59")
    assert holds(hours, "2026-03-02T08:00")
    assert holds(hours, "2026-03-03T07:59")
    assert not holds(hours, "2026-03-03T08:00")


def test_what_begins_at_24_begins_with_the_next_day() -> None:
    hours = Hours((Weekday.MONDAY,), "24:00", "06:00")

    assert not holds(hours, "2026-03-02T05:00")
    assert holds(hours, "2026-03-03T05:00")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-29T01:59+01:00", True),
        ("2026-03-29T03:00+02:00", True),
        ("2026-03-29T03:14+02:00", True),
        ("2026-03-29T03:15+02:00", False),
    ],
)
def test_on_the_day_of_23_hours_the_clock_decides(at: str, *, expected: bool) -> None:
    assert holds(Hours((Weekday.SUNDAY,), "01:30", "03:15"), at) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-10-25T02:10+02:00", False),
        ("2026-10-25T02:40+02:00", True),
        ("2026-10-25T02:10+01:00", False),
        ("2026-10-25T02:40+01:00", True),
    ],
)
def test_on_the_day_of_25_hours_what_the_clock_shows_twice_holds_twice(at: str, *, expected: bool) -> None:
    assert holds(Hours((Weekday.SUNDAY,), "02:30", "05:00"), at) is expected


def test_one_of_several_hours_is_enough() -> None:
    assert is_in_force((OFFICE, NIGHT), ms("2026-03-07T01:00"), BERLIN)
    assert is_in_force((OFFICE, NIGHT), ms("2026-03-06T12:00"), BERLIN)
