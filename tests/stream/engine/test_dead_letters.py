"""A few bad records are data; too many are a reason to stop."""

from contextlib import suppress

import pytest

from fleet_app.stream.engine.dead_letters import (
    FEWEST,
    IN_A_ROW,
    OVER_MS,
    DeadLetterLimit,
    DeadLetterLimitError,
    NoLimit,
)

NOW_MS = 1_700_000_000_000


def fail(limit: DeadLetterLimit, records: int, now_ms: int = NOW_MS) -> None:
    for offset in range(records):
        limit.bad("lines", offset, now_ms, "it cannot be read")


def borne(limit: DeadLetterLimit, records: int, now_ms: int = NOW_MS) -> int:
    """Return how many of so many bad records do not stop the worker."""
    count = 0
    with suppress(DeadLetterLimitError):
        while count < records:
            fail(limit, 1, now_ms)
            count += 1
    return count


def quiet_limit() -> DeadLetterLimit:
    """Return a limit that has seen so many good records that only those in a row count."""
    limit = DeadLetterLimit(3)
    limit.good(10 * IN_A_ROW, NOW_MS)
    return limit


def test_one_less_than_the_limit_in_a_row_is_borne() -> None:
    assert borne(quiet_limit(), IN_A_ROW - 1) == IN_A_ROW - 1


def test_the_limit_in_a_row_stops_the_worker_naming_offset_reason_and_switch() -> None:
    limit = quiet_limit()
    fail(limit, IN_A_ROW - 1)

    with pytest.raises(DeadLetterLimitError) as stopped:
        limit.bad("lines", 77, NOW_MS, "it cannot be read")

    assert str(stopped.value) == (
        "lines partition 3: 10000 records in a row failed, the last at offset 77 (it cannot be read); "
        "find out who writes them, or set FLEET_DEAD_LETTER_LIMIT=false to go on regardless"
    )


def test_one_good_record_begins_the_row_anew() -> None:
    limit = quiet_limit()
    fail(limit, IN_A_ROW - 1)
    limit.good(1, NOW_MS)

    assert borne(limit, IN_A_ROW - 1) == IN_A_ROW - 1


def test_no_good_record_is_none() -> None:
    limit = quiet_limit()
    fail(limit, IN_A_ROW - 1)
    limit.good(0, NOW_MS)

    with pytest.raises(DeadLetterLimitError):
        fail(limit, 1)


def test_half_of_the_records_are_borne() -> None:
    limit = DeadLetterLimit(3)
    limit.good(FEWEST, NOW_MS)

    assert borne(limit, FEWEST) == FEWEST


def test_more_than_half_of_the_records_stop_the_worker() -> None:
    limit = DeadLetterLimit(3)
    limit.good(FEWEST, NOW_MS)
    fail(limit, FEWEST)

    with pytest.raises(DeadLetterLimitError, match=r"1001 of 2001 records failed within 5 minutes"):
        fail(limit, 1)


def test_a_few_records_are_no_ground_to_judge_by() -> None:
    assert borne(DeadLetterLimit(3), FEWEST - 1) == FEWEST - 1


def test_enough_records_are() -> None:
    limit = DeadLetterLimit(3)
    fail(limit, FEWEST - 1)

    with pytest.raises(DeadLetterLimitError):
        fail(limit, 1)


def test_what_failed_five_minutes_ago_does_not_count_against_the_share_any_more() -> None:
    limit = DeadLetterLimit(3)
    fail(limit, FEWEST - 1)

    assert borne(limit, FEWEST - 1, NOW_MS + OVER_MS) == FEWEST - 1


def test_what_failed_less_than_five_minutes_ago_does() -> None:
    limit = DeadLetterLimit(3)
    fail(limit, FEWEST - 1)

    with pytest.raises(DeadLetterLimitError):
        fail(limit, 1, NOW_MS + OVER_MS - 10_000)


def test_without_a_limit_any_number_is_borne() -> None:
    assert borne(NoLimit(3), 3 * IN_A_ROW) == 3 * IN_A_ROW
