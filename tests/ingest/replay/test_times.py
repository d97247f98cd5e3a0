from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.ingest.replay.times import read_time_ms, wall_time_ms
from fleet_app.ingest.replay.values import Cell

NEW_YORK = ZoneInfo("America/New_York")
NOON_MS = 1_433_678_400_000  # 2015-06-07T12:00:00Z


@pytest.mark.parametrize(
    "cell",
    [
        "2015-06-07T12:00:00Z",
        "2015-06-07T12:00:00+00:00",
        "2015-06-07T07:00:00-05:00",
        "2015-06-07 08:00:00",
        "2015-06-07T08:00",
        "20150607T080000",
        "1433678400",
        "1433678400.0",
        "1433678400000",
        "1433678400000000",
        "1433678400000000000",
        1_433_678_400,
        1_433_678_400.0,
        1_433_678_400_000_000_000,
    ],
)
def test_every_way_to_write_a_time_gives_the_same_moment(cell: Cell) -> None:
    assert read_time_ms(cell, NEW_YORK) == NOON_MS


def test_milliseconds_are_kept() -> None:
    assert read_time_ms("2015-06-07T12:00:00.123Z", UTC) == NOON_MS + 123
    assert read_time_ms("1433678400.123", UTC) == NOON_MS + 123


def test_a_local_time_that_occurs_twice_is_taken_as_the_first() -> None:
    assert read_time_ms("2015-11-01T01:30:00", NEW_YORK) == read_time_ms("2015-11-01T01:30:00-04:00", UTC)


def test_winter_and_summer_differ() -> None:
    assert read_time_ms("2015-12-10T12:00:00", NEW_YORK) == read_time_ms("2015-12-10T17:00:00Z", UTC)
    assert read_time_ms("2015-07-10T12:00:00", NEW_YORK) == read_time_ms("2015-07-10T16:00:00Z", UTC)


@pytest.mark.parametrize(
    "cell", ["", "noon", "2015-13-01", "nan", "1e9", "9" * 30, "07.06.2015 12:00", "1_000", None, True]
)
def test_what_is_no_time_is_said_to_be_none(cell: Cell) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        read_time_ms(cell, UTC)


def test_a_clock_on_the_wall_is_read_where_it_hangs() -> None:
    assert wall_time_ms(NOON_MS - 4 * 3_600_000, NEW_YORK) == NOON_MS
    with pytest.raises(ValueError, match="is not a time"):
        wall_time_ms(10**17, NEW_YORK)


@given(st.datetimes(timezones=st.sampled_from([UTC, NEW_YORK, timezone(timedelta(hours=5, minutes=45))])))
def test_a_written_moment_is_read_back_to_the_millisecond(moment: datetime) -> None:
    since = moment.replace(tzinfo=None) - (moment.utcoffset() or timedelta()) - datetime(1970, 1, 1)  # noqa: DTZ001 - both sides are UTC

    assert abs(read_time_ms(moment.isoformat(), UTC) - since / timedelta(milliseconds=1)) < 0.6
