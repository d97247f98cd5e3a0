"""Panes as earlier releases stored them."""

import msgspec

from fleet_app.domain.panes import Pane
from fleet_app.domain.totals import Totals
from tables.earlier_panes import from_version_1


def test_a_row_of_version_1_knows_fixes_metres_and_the_highest_speed() -> None:
    stored = msgspec.msgpack.encode([60_000, 120_000, 3, 250.5, 2, 12.0, 7.0, 4])

    assert from_version_1(stored) == Pane(60_000, 120_000, Totals(fixes=3, distance_m=250.5), 7.0, 4)


def test_a_row_of_version_1_without_a_speed_knows_none() -> None:
    stored = msgspec.msgpack.encode([60_000, 120_000, 3, 250.5, 0, 0.0, None, 1])

    assert from_version_1(stored).max_speed_mps is None
