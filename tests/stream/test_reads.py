"""Lag is counted in records, and only where both ends are known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.stream.reads import Duty, RestoreProgress, SourceProgress, TaskReport, TaskState, total

offsets = st.integers(0, 2**63 - 1)


def progress(position: int | None, end: int | None) -> SourceProgress:
    return SourceProgress(topic="lines", position=position, end=end)


def report(*sources: SourceProgress) -> TaskReport:
    return TaskReport(
        partition=0,
        duty=Duty.OWNER,
        state=TaskState.RUNNING,
        sources=[*sources],
        committed_ms=None,
        time_ms=None,
        restore=RestoreProgress(done=0, total=0),
    )


@given(offsets, offsets)
def test_lag_is_what_lies_between_the_position_and_the_end(position: int, waiting: int) -> None:
    assert progress(position, position + waiting).lag == waiting


@given(offsets, offsets)
def test_lag_is_never_negative_though_the_end_was_asked_for_earlier(position: int, end: int) -> None:
    assert (progress(position, end).lag or 0) >= 0


@pytest.mark.parametrize(("position", "end"), [(None, 5), (5, None), (None, None)])
def test_lag_is_unknown_while_an_end_is(position: int | None, end: int | None) -> None:
    assert progress(position, end).lag is None


def test_a_source_read_to_its_end_lags_by_nothing() -> None:
    assert progress(5, 5).lag == 0


@pytest.mark.parametrize(("parts", "sum_of_all"), [([], 0), ([3, 0, 4], 7), ([3, None], None), ([None], None)])
def test_a_total_is_known_only_if_every_part_is(parts: list[int | None], sum_of_all: int | None) -> None:
    assert total(parts) == sum_of_all


def test_a_task_lags_by_what_waits_in_all_its_sources() -> None:
    assert report(progress(5, 9), progress(0, 3)).lag == 7


def test_a_tasks_lag_is_unknown_while_a_sources_is() -> None:
    assert report(progress(5, 9), progress(None, 3)).lag is None


def test_a_task_without_sources_as_a_standby_lags_by_nothing() -> None:
    assert report().lag == 0
