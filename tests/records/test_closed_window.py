"""A value of fleet.windows, as other programs read it."""

import json

import msgspec
import pytest

from fleet_app.domain.edges import Size
from fleet_app.domain.panes import Pane
from fleet_app.domain.totals import Totals
from fleet_app.records.closed_window import closed_window


@pytest.mark.parametrize(("moving_s", "max_mps", "mean_mps"), [(25.0, 14.0, 10.0), (0.0, None, None)])
def test_a_window_says_what_happened_in_its_pane(
    moving_s: float, max_mps: float | None, mean_mps: float | None
) -> None:
    pane = Pane(60_000, 120_000, Totals(3, 250.0, moving_s, 5.0, 6.0, 7.0, 2, 8.0), max_mps, 4)

    assert json.loads(msgspec.json.encode(closed_window("van-1", "north", Size.MINUTE, pane))) == {
        "vehicle_id": "van-1", "tenant": "north", "size": "1m", "start_ms": 60_000, "end_ms": 120_000, "fixes": 3,
        "distance_m": 250.0, "moving_s": moving_s, "idle_s": 5.0, "idle_probable_s": 6.0, "stop_s": 7.0,
        "mean_speed_mps": mean_mps, "max_speed_mps": max_mps, "harsh_events": 2, "overspeed_s": 8.0, "revision": 4,
    }  # fmt: skip
