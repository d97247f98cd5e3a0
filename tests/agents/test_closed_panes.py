"""Rows of closed panes, and what is told of them."""

from datetime import UTC

import pytest

from agents.closed_panes import ClosedPanes
from agents.track_positions import track_positions
from fleet_app.domain.edges import Size
from fleet_app.domain.panes import Pane, PaneRules, PaneSet
from fleet_app.domain.position import ArrivalRules
from fleet_app.domain.vehicle import Fix, Vehicle
from fleet_app.records import closed_window
from fleet_app.topics import WINDOWS
from tests.agents.fakes import FakeTask

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
NEWEST_MS = 500 * DAY_MS
VAN = Vehicle("van-1", last=Fix(NEWEST_MS, 52.0, 13.0))
MINUTE = Pane(NEWEST_MS - 60_000, NEWEST_MS, 2, 10.0)


@pytest.fixture
def task() -> FakeTask:
    return FakeTask(track_positions(ArrivalRules(0, None), PaneRules(0, UTC)))


def test_a_closed_pane_is_a_row_and_a_record(task: FakeTask) -> None:
    ClosedPanes(task).add(VAN, PaneSet(minutes=(MINUTE,)))
    row = Pane(NEWEST_MS - 60_000, NEWEST_MS, 2, 10.0, revision=1)

    assert task.contents["windows_1m"] == {("van-1", MINUTE.start_ms): row}
    assert task.sent == [(WINDOWS, "van-1", closed_window(VAN, Size.MINUTE, row))]


def test_what_comes_later_is_added_and_told_with_the_next_revision(task: FakeTask) -> None:
    closed = ClosedPanes(task)
    closed.add(VAN, PaneSet(minutes=(MINUTE,)))
    closed.add(VAN, PaneSet(minutes=(MINUTE,)))

    assert [(window.fixes, window.revision) for window in task.values(WINDOWS)] == [(2, 1), (4, 2)]


@pytest.mark.parametrize(
    ("panes", "expired"),
    [
        (PaneSet(minutes=(MINUTE,)), {}),
        (PaneSet(hours=(Pane(NEWEST_MS - HOUR_MS, NEWEST_MS, 1),)), {"windows_1m": 1}),
        (PaneSet(days=(Pane(NEWEST_MS - DAY_MS, NEWEST_MS, 1),)), {"windows_1h": 30, "windows_1d": 400}),
    ],
)
def test_old_rows_go_with_the_first_row_of_a_longer_size_and_not_with_its_revisions(
    task: FakeTask, panes: PaneSet, expired: dict[str, int]
) -> None:
    closed = ClosedPanes(task)
    closed.add(VAN, panes)
    closed.add(VAN, panes)

    assert {name: rows.expired for name, rows in task.contents.items() if rows.expired} == {
        name: [("van-1", NEWEST_MS - days * DAY_MS)] for name, days in expired.items()
    }
