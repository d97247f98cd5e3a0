"""What an assignment means, and that no part of it may be missing."""

import pytest
from faust.types import TP

from fleet_app.errors import WorkerError
from fleet_app.stream.lane.table_manager import Duties, duties_of

SOURCES = ("lines", "words")
CHANGELOGS = ("totals", "lasts")


def all_of(topics: tuple[str, ...], partitions: set[int]) -> set[TP]:
    return {TP(topic, partition) for topic in topics for partition in partitions}


def test_partitions_with_sources_are_processed_and_those_with_changelogs_alone_are_copied() -> None:
    assigned = all_of(SOURCES, {0, 2}) | all_of(CHANGELOGS, {0, 1, 2})

    assert duties_of(assigned, SOURCES, CHANGELOGS) == Duties(frozenset({0, 2}), frozenset({1}))


def test_a_worker_may_be_given_nothing() -> None:
    assert duties_of(set(), SOURCES, CHANGELOGS) == Duties(frozenset(), frozenset())


def test_a_source_that_comes_without_a_changelog_is_refused_and_both_are_named() -> None:
    assigned = all_of(SOURCES, {0, 1}) | all_of(CHANGELOGS, {0, 1}) - {TP("lasts", 1)}

    with pytest.raises(
        WorkerError, match=r"partitions \[1\] of lines and totals and words were .* without those of lasts"
    ):
        duties_of(assigned, SOURCES, CHANGELOGS)


def test_a_source_that_comes_without_another_source_is_refused() -> None:
    assigned = {TP("lines", 0), *all_of(CHANGELOGS, {0})}

    with pytest.raises(WorkerError, match=r"partitions \[0\] of lines were assigned without those of words"):
        duties_of(assigned, SOURCES, CHANGELOGS)
