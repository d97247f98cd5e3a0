"""The leader gives partition p of every topic to one worker, and workers of an old release step back."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import pytest
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata
from faust.types import AppT

from fleet_app.errors import TopicsError, WorkerError
from fleet_app.stream.lane.assignor import TaskAssignor, newest_topics
from fleet_app.stream.reads import Worker

OLD = ("lines", "totals")
NEW = ("lasts", "lines", "totals", "words")


class FakeCluster:
    """Knows the partitions of topics."""

    def __init__(self, partitions: int, **others: int) -> None:
        self._partitions = partitions
        self._others = others

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return set(range(self._others.get(topic, self._partitions))) or None


class FakeConf:
    def __init__(self, url: str) -> None:
        self.canonical_url = url
        self.topic_partitions = 4


class FakeHost:
    """An app that notes why it is to end."""

    changelog_topics = ("totals", "lasts")

    def __init__(self, url: str) -> None:
        self.conf = FakeConf(url)
        self.failures: list[BaseException] = []

    def fail(self, error: BaseException) -> None:
        self.failures.append(error)


class Member:
    """A worker as its group sees it."""

    def __init__(self, name: str, topics: Sequence[str] = OLD) -> None:
        self.name = name
        self.topics = topics
        self.url = f"http://{name}:8080"
        self.host = FakeHost(self.url)
        self.assignor = TaskAssignor(cast(AppT, self.host), replicas=1)

    @property
    def claim(self) -> ConsumerProtocolMemberMetadata:
        return self.assignor.metadata(set(self.topics))

    @property
    def active(self) -> frozenset[int]:
        answer = self.assignor.answer
        assert answer is not None
        return answer.active


def rebalance(*members: Member, cluster: FakeCluster | None = None) -> dict[str, ConsumerProtocolMemberAssignment]:
    """Let the first member lead."""
    claims = {member.name: member.claim for member in members}
    given = members[0].assignor.assign(cast(Any, cluster or FakeCluster(4)), claims)
    for member in members:
        member.assignor.on_assignment(given[member.name])
    return given


def partitions(given: ConsumerProtocolMemberAssignment) -> dict[str, list[int]]:
    return {topic: list(numbers) for topic, numbers in given.assignment}


def merged(lists: Iterable[frozenset[int]]) -> list[int]:
    return sorted(number for numbers in lists for number in numbers)


def test_one_worker_gets_every_partition_of_every_topic() -> None:
    given = rebalance(Member("a"))

    assert partitions(given["a"]) == {"lines": [0, 1, 2, 3], "totals": [0, 1, 2, 3]}


def test_partition_p_of_all_topics_goes_to_one_worker_and_copies_are_of_changelogs_only() -> None:
    a, b = Member("a", NEW), Member("b", NEW)
    given = rebalance(a, b)

    assert merged([a.active, b.active]) == [0, 1, 2, 3]
    assert partitions(given["a"]) == {
        "lines": sorted(a.active),
        "words": sorted(a.active),
        "lasts": [0, 1, 2, 3],
        "totals": [0, 1, 2, 3],
    }


def test_every_member_learns_what_the_others_own_and_copy() -> None:
    a, b = Member("a"), Member("b")
    rebalance(a, b)

    told = [member.assignor.answer for member in (a, b)]
    assert {answer.workers for answer in told if answer is not None} == {
        (
            Worker(url=a.url, owns=tuple(sorted(a.active)), standby_for=tuple(sorted(b.active))),
            Worker(url=b.url, owns=tuple(sorted(b.active)), standby_for=tuple(sorted(a.active))),
        )
    }


def test_partitions_stay_where_they_are_when_the_group_is_shared_anew() -> None:
    a, b, c = Member("a"), Member("b"), Member("c")
    rebalance(a, b, c)
    before = [a.active, b.active, c.active]
    rebalance(c, a, b)

    assert [a.active, b.active, c.active] == before


def test_workers_of_the_old_release_get_nothing_once_one_of_the_new_has_joined() -> None:
    old, new = Member("old", OLD), Member("new", NEW)
    rebalance(old)
    given = rebalance(old, new)

    assert given["old"].assignment == []
    assert new.active == {0, 1, 2, 3}


def test_a_worker_whose_claim_is_older_leaves_its_partitions_to_who_has_them_now() -> None:
    a, b = Member("a"), Member("b")
    rebalance(a)
    rebalance(b)
    rebalance(b)
    after = b.active
    rebalance(a, b)

    assert len(after - b.active) == 2
    assert b.active < after


def test_a_missing_topic_ends_the_worker_and_is_named() -> None:
    a = Member("a", NEW)

    with pytest.raises(TopicsError, match="words: missing"):
        rebalance(a, cluster=FakeCluster(4, words=0))
    assert [type(error) for error in a.host.failures] == [TopicsError]


def test_a_topic_with_another_partition_count_ends_the_worker_and_is_named() -> None:
    with pytest.raises(TopicsError, match="totals: has 5 partitions, the app is set to 4"):
        rebalance(Member("a"), cluster=FakeCluster(4, totals=5))


def test_an_assignment_that_was_meant_for_another_worker_ends_this_one() -> None:
    a, b = Member("a"), Member("b")
    given = rebalance(a)

    with pytest.raises(WorkerError, match="belongs to http://a:8080, and its own URL is http://b:8080"):
        b.assignor.on_assignment(given["a"])
    assert [type(error) for error in b.host.failures] == [WorkerError]


@pytest.mark.parametrize(
    ("lists", "newest"),
    [
        (["a", "ab"], "ab"),
        (["abc", "ab", "a"], "abc"),
        (["ab", "acd"], "acd"),
        (["ab", "ac"], "ac"),
        (["ac", "ab"], "ac"),
    ],
)
def test_the_list_that_contains_the_others_is_the_newest_else_the_longest_else_the_last(
    lists: list[str], newest: str
) -> None:
    assert newest_topics(map(frozenset, lists)) == frozenset(newest)
