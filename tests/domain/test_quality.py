"""What was refused of a vehicle, minute by minute."""

from fleet_app.domain.quality import (
    SHOWN_PER_MINUTE,
    RefusedMinute,
    RefusedPosition,
    refused_position,
    with_refused,
)
from fleet_app.domain.refusals import Reason
from tests.domain.drives import START_MS, fix_at


def refused(reason: Reason, offset: int = 0) -> RefusedPosition:
    return refused_position(reason, fix_at(0), START_MS + 5, offset)


def test_of_a_refused_fix_it_is_kept_where_and_when_it_was_and_where_its_record_stands() -> None:
    fix = fix_at(0)

    assert refused(Reason.EXCURSION, 42) == RefusedPosition(
        Reason.EXCURSION, fix.time_ms, fix.lat, fix.lon, START_MS + 5, 42
    )


def test_refusals_are_counted_by_reason_in_the_order_of_their_codes() -> None:
    minute = None
    for reason in (Reason.TOO_OLD, Reason.DUPLICATE, Reason.TOO_OLD):
        minute = with_refused(minute, refused(reason))

    assert minute is not None
    assert list(minute.counts.items()) == [("duplicate", 1), ("too_old", 2)]


def test_of_a_device_gone_mad_all_are_counted_and_the_first_are_shown() -> None:
    minute = RefusedMinute()
    for offset in range(1_000):
        minute = with_refused(minute, refused(Reason.IMPLIED_SPEED, offset))

    assert minute.counts == {"implied_speed": 1_000}
    assert [each.offset for each in minute.shown] == list(range(SHOWN_PER_MINUTE))
