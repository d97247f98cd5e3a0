"""Windows composed from panes, against plain recomputation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.panes import Pane
from fleet_app.domain.windows import PANE_MS, Window, compose_windows, window_of


def minute_pane(minute: int, fixes: int, metres: float, speeds: list[float]) -> Pane:
    start_ms = minute * PANE_MS
    return Pane(start_ms, start_ms + PANE_MS, fixes, metres, len(speeds), sum(speeds), max(speeds, default=None))


panes_in_order = st.lists(
    st.tuples(
        st.integers(0, 200),
        st.integers(0, 9),
        st.floats(0, 900),
        st.lists(st.integers(0, 40).map(float), max_size=3),
    ),
    max_size=30,
    unique_by=lambda row: row[0],
).map(lambda rows: [minute_pane(minute, fixes, metres, speeds) for minute, fixes, metres, speeds in sorted(rows)])


def plainly(panes: list[Pane], size_ms: int, step_ms: int, from_ms: int, to_ms: int) -> list[Window]:
    windows = []
    for start_ms in range(0, 400 * PANE_MS, step_ms):
        inside = [pane for pane in panes if start_ms <= pane.start_ms < start_ms + size_ms]
        speed_fixes = sum(pane.speed_fixes for pane in inside)
        window = Window(
            start_ms=start_ms,
            end_ms=start_ms + size_ms,
            fixes=sum(pane.fixes for pane in inside),
            distance_m=sum(pane.distance_m for pane in inside),
            mean_speed_mps=sum(pane.speed_sum_mps for pane in inside) / speed_fixes if speed_fixes else None,
            max_speed_mps=max((p.max_speed_mps for p in inside if p.max_speed_mps is not None), default=None),
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
    assert [w.distance_m for w in windows] == pytest.approx([w.distance_m for w in expected])
    assert [w.mean_speed_mps for w in windows] == pytest.approx([w.mean_speed_mps for w in expected])


def test_a_minute_with_next_to_nothing_in_it_is_still_a_minute() -> None:
    panes = [minute_pane(0, 0, 1.0, []), minute_pane(1, 0, 1e-300, [])]

    windows = compose_windows(panes, size_ms=PANE_MS, step_ms=PANE_MS, from_ms=0, to_ms=2 * PANE_MS)

    assert [window.start_ms for window in windows] == [0, PANE_MS]


@pytest.mark.parametrize("field", ["size_ms", "step_ms"])
@pytest.mark.parametrize("value_ms", [0, -60_000, 90_000])
def test_windows_of_anything_but_whole_minutes_are_refused(field: str, value_ms: int) -> None:
    arguments = {"size_ms": 60_000, "step_ms": 60_000, "from_ms": 0, "to_ms": 60_000} | {field: value_ms}

    with pytest.raises(ValueError, match="whole number of minutes"):
        compose_windows([], **arguments)


@pytest.mark.parametrize("speeds", [[], [4.0, 8.0]])
def test_a_pane_is_a_window_of_its_own(speeds: list[float]) -> None:
    pane = minute_pane(7, 3, 90.0, speeds)

    composed = compose_windows([pane], size_ms=PANE_MS, step_ms=PANE_MS, from_ms=0, to_ms=10 * PANE_MS)

    assert composed == [window_of(pane)]
