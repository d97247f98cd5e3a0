"""Panes and the windows composed from them, against plain recomputation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.windows import PANE_MS, PANES_KEPT, Pane, Window, add_to_panes, compose_windows, pane_start_ms

DAY_MS = 86_400_000


def add(panes: list[Pane], time_ms: int, since_ms: int | None = None, *, metres: float = 0.0) -> list[Pane]:
    since_ms = time_ms if since_ms is None else since_ms
    return add_to_panes(panes, time_ms=time_ms, speed_mps=None, since_ms=since_ms, distance_m=metres)


def test_a_fix_counts_in_the_minute_that_holds_it() -> None:
    panes = add_to_panes([], time_ms=125_000, speed_mps=12.0, since_ms=125_000, distance_m=0.0)

    assert panes == [Pane(120_000, 1, 0.0, 1, 12.0, 12.0)]


def test_the_last_millisecond_of_a_minute_belongs_to_it() -> None:
    assert [pane_start_ms(time_ms) for time_ms in (59_999, 60_000)] == [0, 60_000]


def test_a_step_over_a_minutes_edge_is_shared_by_time() -> None:
    panes = add([], 75_000, 45_000, metres=300.0)

    assert panes == [Pane(0, 0, 150.0), Pane(60_000, 1, 150.0)]


def test_a_step_that_ends_on_an_edge_leaves_nothing_beyond_it() -> None:
    assert add([], 120_000, 90_000, metres=10.0) == [Pane(60_000, 0, 10.0), Pane(120_000, 1, 0.0)]


def test_a_fix_of_an_earlier_minute_finds_its_place() -> None:
    panes = add(add(add([], 10_000), 200_000), 70_000)

    assert [(pane.start_ms, pane.fixes) for pane in panes] == [(0, 1), (60_000, 1), (180_000, 1)]


def test_minutes_older_than_a_day_are_dropped() -> None:
    panes = add(add(add([], 0), 60_000), DAY_MS)

    assert [pane.start_ms for pane in panes] == [60_000, DAY_MS]


def test_a_silence_of_years_costs_a_day_of_minutes_at_most() -> None:
    panes = add(add([], 0), 1_000 * DAY_MS, 0, metres=1_000_000.0)

    assert len(panes) == PANES_KEPT
    assert sum(pane.distance_m for pane in panes) == pytest.approx(1_000.0, rel=0.01)


steps = st.lists(
    st.tuples(st.integers(1, 400_000), st.floats(0, 5_000), st.none() | st.floats(0, 60)), min_size=1, max_size=40
)


@given(steps)
def test_minutes_add_up_to_the_way_driven(taken: list[tuple[int, float, float | None]]) -> None:
    panes: list[Pane] = []
    time_ms = 0
    for duration_ms, metres, speed_mps in taken:
        panes = add_to_panes(
            panes, time_ms=time_ms + duration_ms, speed_mps=speed_mps, since_ms=time_ms, distance_m=metres
        )
        time_ms += duration_ms

    speeds = [speed_mps for _, _, speed_mps in taken if speed_mps is not None]
    assert sum(pane.fixes for pane in panes) == len(taken)
    assert sum(pane.distance_m for pane in panes) == pytest.approx(sum(metres for _, metres, _ in taken))
    assert sum(pane.speed_fixes for pane in panes) == len(speeds)
    assert [pane.start_ms for pane in panes] == sorted({pane.start_ms for pane in panes})


panes_in_order = st.lists(
    st.tuples(
        st.integers(0, 200),
        st.integers(0, 9),
        st.floats(0, 900),
        st.lists(st.integers(0, 40).map(float), max_size=3),
    ),
    max_size=30,
    unique_by=lambda row: row[0],
).map(
    lambda rows: [
        Pane(minute * PANE_MS, fixes, metres, len(speeds), sum(speeds), max(speeds, default=None))
        for minute, fixes, metres, speeds in sorted(rows)
    ]
)


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
    panes = [Pane(0, 0, 1.0), Pane(PANE_MS, 0, 1e-300)]

    windows = compose_windows(panes, size_ms=PANE_MS, step_ms=PANE_MS, from_ms=0, to_ms=2 * PANE_MS)

    assert [window.start_ms for window in windows] == [0, PANE_MS]


@pytest.mark.parametrize("field", ["size_ms", "step_ms"])
@pytest.mark.parametrize("value_ms", [0, -60_000, 90_000])
def test_windows_of_anything_but_whole_minutes_are_refused(field: str, value_ms: int) -> None:
    arguments = {"size_ms": 60_000, "step_ms": 60_000, "from_ms": 0, "to_ms": 60_000} | {field: value_ms}

    with pytest.raises(ValueError, match="whole number of minutes"):
        compose_windows([], **arguments)
