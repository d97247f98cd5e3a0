"""Windows composed from panes, against plain recomputation."""

from functools import reduce

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.panes import Pane
from fleet_app.domain.totals import NOTHING, Totals, mean_moving_mps, plus
from fleet_app.domain.windows import PANE_MS, Window, compose_windows, window_of

FIGURES = (
    "fixes", "distance_m", "moving_s", "idle_s", "idle_probable_s", "stop_s", "mean_speed_mps", "harsh_events",
    "overspeed_s",
)  # fmt: skip


def minute_pane(minute: int, sums: Totals, max_speed_mps: float | None) -> Pane:
    return Pane(minute * PANE_MS, (minute + 1) * PANE_MS, sums, max_speed_mps)


seconds = st.integers(0, 60).map(float)
totals = st.builds(
    Totals, st.integers(0, 9), st.floats(0, 900), seconds, seconds, seconds, seconds, st.integers(0, 2), seconds
)
panes_in_order = st.lists(
    st.builds(minute_pane, st.integers(0, 200), totals, st.none() | st.floats(0, 40)),
    max_size=30,
    unique_by=lambda pane: pane.start_ms,
).map(lambda panes: sorted(panes, key=lambda pane: pane.start_ms))


def plainly(panes: list[Pane], size_ms: int, step_ms: int, from_ms: int, to_ms: int) -> list[Window]:
    windows = []
    for start_ms in range(0, 400 * PANE_MS, step_ms):
        inside = [pane for pane in panes if start_ms <= pane.start_ms < start_ms + size_ms]
        sums = reduce(plus, (pane.sums for pane in inside), NOTHING)
        window = Window(
            start_ms=start_ms,
            end_ms=start_ms + size_ms,
            mean_speed_mps=mean_moving_mps(sums),
            max_speed_mps=max((p.max_speed_mps for p in inside if p.max_speed_mps is not None), default=None),
            **{name: figure for name, figure in msgspec.structs.asdict(sums).items() if name != "unseen_m"},
        )
        if from_ms <= start_ms < to_ms and inside:
            windows.append(window)
    return windows


@given(panes_in_order, st.integers(1, 12), st.integers(1, 12), st.integers(0, 220), st.integers(0, 220))
def test_composed_windows_equal_a_plain_recomputation(
    panes: list[Pane], size: int, step: int, from_minute: int, to_minute: int
) -> None:
    size_ms, step_ms, from_ms, to_ms = (minutes * PANE_MS for minutes in (size, step, from_minute, to_minute))
    expected = plainly(panes, size_ms, step_ms, from_ms, to_ms)

    windows = compose_windows(panes, size_ms=size_ms, step_ms=step_ms, from_ms=from_ms, to_ms=to_ms)

    assert [(w.start_ms, w.end_ms, w.fixes, w.max_speed_mps) for w in windows] == [
        (w.start_ms, w.end_ms, w.fixes, w.max_speed_mps) for w in expected
    ]
    for name in FIGURES:
        found = [getattr(window, name) for window in windows]
        assert found == pytest.approx([getattr(window, name) for window in expected], abs=1e-6)


def test_a_minute_with_next_to_nothing_in_it_is_still_a_minute() -> None:
    panes = [minute_pane(0, Totals(distance_m=1.0), None), minute_pane(1, Totals(distance_m=1e-300), None)]

    windows = compose_windows(panes, size_ms=PANE_MS, step_ms=PANE_MS, from_ms=0, to_ms=2 * PANE_MS)

    assert [window.start_ms for window in windows] == [0, PANE_MS]


@pytest.mark.parametrize("field", ["size_ms", "step_ms"])
@pytest.mark.parametrize("value_ms", [0, -60_000, 90_000])
def test_windows_of_anything_but_whole_minutes_are_refused(field: str, value_ms: int) -> None:
    arguments = {"size_ms": 60_000, "step_ms": 60_000, "from_ms": 0, "to_ms": 60_000} | {field: value_ms}

    with pytest.raises(ValueError, match="whole number of minutes"):
        compose_windows([], **arguments)


@pytest.mark.parametrize("max_speed_mps", [None, 8.0])
def test_a_pane_is_a_window_of_its_own(max_speed_mps: float | None) -> None:
    pane = minute_pane(7, Totals(3, 90.0, moving_s=10.0, stop_s=50.0), max_speed_mps)

    composed = compose_windows([pane], size_ms=PANE_MS, step_ms=PANE_MS, from_ms=0, to_ms=10 * PANE_MS)

    assert composed == [window_of(pane)]
    assert composed[0].mean_speed_mps == 9.0
