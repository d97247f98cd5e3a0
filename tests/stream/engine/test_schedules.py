"""Whatever happens in whatever order: state is what the source says, and every output is there once.

Two workers share the partitions of the counting application. Hypothesis writes the schedule; in the end a worker
finishes what there is, and an oracle that knows only the sources judges.
"""

import asyncio
from collections import Counter
from typing import Final, NamedTuple, TypeVar

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet_app.stream.engine.marker import MARKER_KEY
from fleet_app.stream.engine.ports import Log
from fleet_app.stream.keys import ROWS
from tests.stream.engine.cluster import Cluster, Step, follow
from tests.stream.engine.counting import (
    COPIES,
    DEAD,
    INITIALS,
    LETTERS,
    PARTITIONS,
    SEEN,
    TOTALS,
    Copy,
    Dead,
)
from tests.stream.engine.world import Worker, changelog, counted

WORDS: Final = ["a", "b", "ab", "bc", "cc"]
ORDERS: Final = ["", "", "", "twice", "poison", "garbage"]
CALLS: Final = ["fence", "begin", "append", "send_positions", "commit", "committed", "bounds", "fetch"]

Output = TypeVar("Output", bound=msgspec.Struct)


steps = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(WORDS), st.sampled_from(ORDERS)),
    st.sampled_from([("handle",), ("handle",), ("settle",), ("wake",)]),
    st.tuples(st.just("pass_time"), st.integers(1, 12)),
    st.tuples(st.just("share"), st.integers(0, PARTITIONS)),
    st.tuples(st.just("kill"), st.integers(0, 1), st.sampled_from(["kept", "wiped"])),
    st.tuples(st.just("freeze"), st.integers(0, 1)),
    st.tuples(st.sampled_from(["fail", "lose_answer"]), st.sampled_from(CALLS)),
)


def counts(said: list[tuple[str, str]]) -> Counter[str]:
    """Return how often each word counts: not if it was poisoned or unreadable, and twice if it says so."""
    worth = {"": 1, "twice": 2, "poison": 0, "garbage": 0}
    counted = Counter[str]()
    for word, order in said:
        counted[word] += worth[order]
    return +counted


class Outcome(NamedTuple):
    """What a schedule has come to."""

    failures: list[BaseException]
    totals: dict[str, int]
    on_disk: dict[str, int]
    initials: dict[str, int]
    rows: set[tuple[str, int]]
    copies: Counter[str]
    letters: Counter[str]
    doubled: Counter[str]
    dead: int


def expected(said: list[tuple[str, str]]) -> Outcome:
    """Return what must come of what was said: state once, every output once, and each bad record a dead letter."""
    good = [word for word, order in said if order in {"", "twice"}]
    totals = counts(said)
    return Outcome(
        failures=[],
        totals=totals,
        on_disk=totals,
        initials=Counter(word[:1] for word in good),
        rows={(word, number) for word, seen in totals.items() for number in range(1, seen + 1)},
        copies=Counter(good),
        letters=Counter(word[:1] for word in good),
        doubled=Counter(),
        dead=len(said) - len(good),
    )


def found(cluster: Cluster) -> Outcome:
    """Return what is there, as readers of what is committed see it, and the disk of the last worker."""
    copies, letters = outputs(cluster, COPIES.name, Copy), outputs(cluster, LETTERS.name, Copy)
    (last,) = [worker for worker in cluster.workers if worker is not None]
    return Outcome(
        failures=last.failures,
        totals=counted(cluster.kafka, TOTALS),
        on_disk=on_disk(last),
        initials=counted(cluster.kafka, INITIALS),
        rows=rows(cluster),
        copies=Counter(copy.word for copy in copies),
        letters=Counter(copy.word for copy in letters),
        doubled=doubled(copies) + doubled(letters),
        dead=len(outputs(cluster, DEAD.name, Dead)),
    )


def outputs(cluster: Cluster, topic: str, type_: type[Output]) -> list[Output]:
    logs = [Log(topic, partition) for partition in range(PARTITIONS)]
    return [
        msgspec.json.decode(record.value or b"", type=type_) for log in logs for record in cluster.kafka.records(log)
    ]


def doubled(copies: list[Copy]) -> Counter[str]:
    """Return the causes that have more than one copy."""
    causes = Counter(copy.cause for copy in copies)
    return causes - Counter(set(causes))


def rows(cluster: Cluster) -> set[tuple[str, int]]:
    logs = [changelog(SEEN, partition) for partition in range(PARTITIONS)]
    return {ROWS.decode(key) for log in logs for key in cluster.kafka.latest(log) if key != MARKER_KEY}


def on_disk(worker: Worker) -> dict[str, int]:
    entries = [entry for task in worker.tasks.readable_tasks() for entry in task.store.scan(TOTALS.name, b"", None, 99)]
    return {key.decode(): TOTALS.decode(value).seen for key, value in entries}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=5, max_size=60))
def test_nothing_is_lost_and_nothing_doubled(schedule: list[Step]) -> None:
    cluster = asyncio.run(follow(Cluster(), schedule))

    assert found(cluster) == expected(cluster.said)
