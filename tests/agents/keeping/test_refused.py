"""What is kept of refused positions beside their records on fleet.rejected."""

import pytest

from fleet_app.domain.edges import MINUTE_MS
from fleet_app.domain.fix import Fix
from fleet_app.domain.quality import SHOWN_PER_MINUTE, RefusedPosition
from fleet_app.domain.refusals import Reason
from fleet_app.topics import REJECTED
from tests.agents.one_van import DAY_MS, HOUR_MS, VAN, OneVan
from tests.domain.drives import START_MS

NOWHERE = Fix(START_MS, 0.0, 0.0)


@pytest.fixture
def van() -> OneVan:
    return OneVan()


def test_refusals_are_counted_and_kept_by_the_minute_they_came_in(van: OneVan) -> None:
    van.bring_fix(NOWHERE, START_MS + 59_999)
    van.bring_fix(NOWHERE, START_MS + 60_000)
    van.bring(b'{"vehicle_id":"van-1","time_ms":1,"lat":52,"lon":13}', START_MS + 61_000)
    rows = van.contents["refused_positions"]

    assert [(key, row.counts) for key, row in rows.items()] == [
        ((VAN, START_MS), {"null_island": 1}),
        ((VAN, START_MS + MINUTE_MS), {"null_island": 1, "too_old": 1}),
    ]
    assert rows[VAN, START_MS].shown == (
        RefusedPosition(Reason.NULL_ISLAND, START_MS, 0.0, 0.0, START_MS + 59_999, offset=0),
    )


def test_a_device_gone_mad_is_counted_in_full_and_shown_in_part(van: OneVan) -> None:
    for number in range(100):
        van.bring_fix(NOWHERE, START_MS + number)
    [row] = van.contents["refused_positions"].values()

    assert (row.counts, len(row.shown)) == ({"null_island": 100}, SHOWN_PER_MINUTE)
    assert len(van.values(REJECTED)) == 100


def test_of_a_device_that_sends_nothing_else_a_day_of_refusals_is_kept(van: OneVan) -> None:
    for received_ms in range(START_MS, START_MS + 3 * DAY_MS, 5 * MINUTE_MS):
        van.bring_fix(Fix(1_400_000_000_000, 52.0, 13.0), received_ms)
    rows = van.contents["refused_positions"]

    assert DAY_MS // (5 * MINUTE_MS) <= len(rows) <= (DAY_MS + HOUR_MS) // (5 * MINUTE_MS)
    assert len(rows.expired) == 3 * 24
