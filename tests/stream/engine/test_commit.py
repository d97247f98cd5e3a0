"""A commit takes effect at once, everywhere, or nowhere; what happens meanwhile belongs to the next."""

import asyncio
from typing import Any

import msgspec
import pytest

from fleet_app.stream.declarations import PlainRecord
from fleet_app.stream.engine.commit import Committer
from fleet_app.stream.engine.dead_letters import DeadLetterLimit
from fleet_app.stream.engine.fail_points import FailAt, FailPoints, InjectedError, NoFailPoints, Step
from fleet_app.stream.engine.layout import Layout
from fleet_app.stream.engine.marker import MARKER_KEY, Marker, decode_marker, encode_marker
from fleet_app.stream.engine.ports import Fetched, Log, Meta, StoreMark
from fleet_app.stream.engine.row_state import RowState
from fleet_app.stream.engine.task import Task
from fleet_app.stream.kafka.producer import FencedError
from fleet_app.stream.keys import ROWS
from tests.stream.engine.counting import (
    AGENTS,
    INITIALS,
    NEWEST,
    QUIET,
    SEEN,
    TOTALS,
    Copy,
    Total,
    partition_of,
)
from tests.stream.engine.fake_clock import FakeClock, turn
from tests.stream.engine.fake_kafka import FakeBatch, FakeKafka, FakeProducer
from tests.stream.engine.fake_stores import FakeStores
from tests.stream.engine.world import changelog, no_views

pytestmark = pytest.mark.anyio

TABLES = (TOTALS, SEEN, QUIET, INITIALS)
WRITTEN_MS = 1_700_000_000_123
POSITIONS = {"lines": 3, "copies": 0}
MARKER = encode_marker(Marker(POSITIONS, 1_000, sorted(table.name for table in TABLES), {"lines": "here"}))
STEPS_BEFORE_THE_EFFECT = [Step.CUT, Step.BEGIN, Step.CHANGELOG, Step.OUTPUTS, Step.OFFSETS]


class Bench:
    """A task that has handled `a`, `a` and `c`, and a committer."""

    def __init__(self, points: FailPoints | None = None) -> None:
        self.kafka = FakeKafka(FakeClock())
        self.stores = FakeStores()
        self.task = Task(0, AGENTS, self.stores.open(0), self.kafka.clock, no_views)
        self.task.store.settle(Meta({}, 0))
        self.producer = self.kafka.producer("app-0")
        changelogs = {table.name: changelog(table, 0).topic for table in TABLES}
        layout = Layout(changelogs, dict.fromkeys(changelogs, "here"), {"lines": "here"})
        self.committer = Committer(layout, points or NoFailPoints())

    async def ready(self, *words: str) -> "Bench":
        await self.producer.fence()
        await self.task.prepare(partition_of, DeadLetterLimit(0))
        self.task.start(positions={"lines": 0, "copies": 0}, time_ms=0, epoch=1)
        await self.handle(0, *(words or ("a", "a", "c")))
        return self

    async def handle(self, offset: int, *words: str, order: str = "") -> None:
        records = tuple(
            PlainRecord(number, 1_000, word.encode(), order.encode()) for number, word in enumerate(words, offset)
        )
        end = offset + len(words)
        await self.task.apply(Fetched(Log("lines", 0), offset, end, [FakeBatch(offset, end, records)], 1))

    async def commit(self) -> None:
        await self.committer.commit(self.task, self.producer, WRITTEN_MS)

    def visible(self) -> list[tuple[str, bytes | None]]:
        """Return every record that a reader of what is committed finds, by topic and key."""
        topics = [changelog(table, 0).topic for table in TABLES] + ["copies", "newest", "dead"]
        logs = [Log(topic, partition) for topic in topics for partition in range(2)]
        return [(log.topic, record.key) for log in logs for record in self.kafka.records(log)]

    def stored(self) -> dict[str, int]:
        return {key.decode(): TOTALS.decode(value).seen for key, value in self.task.store.scan("totals", b"", None, 9)}


async def test_state_outputs_and_offsets_appear_together() -> None:
    bench = await Bench().ready()
    await bench.commit()

    assert bench.kafka.latest(changelog(TOTALS, 0)) == {
        b"a": TOTALS.encode(Total(2)),
        b"c": TOTALS.encode(Total(1)),
        MARKER_KEY: MARKER,
    }
    assert [record.key for record in bench.kafka.records(Log("copies", 1))] == [b"a", b"a", b"c"]
    assert bench.kafka.group_offset(Log("lines", 0)) == 3
    assert bench.kafka.group_offset(Log("copies", 0)) == 0
    assert bench.stored() == {"a": 2, "c": 1}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
async def test_every_changelog_is_closed_by_the_same_marker_changed_or_not(table: Any) -> None:  # noqa: ANN401 - of any kind
    bench = await Bench().ready()
    await bench.commit()
    last = bench.kafka.records(changelog(table, 0))[-1]

    assert (last.key, decode_marker(last.value or b"")) == (
        MARKER_KEY,
        Marker(POSITIONS, 1_000, ["initials", "quiet", "seen", "totals"], {"lines": "here"}),
    )


async def test_of_a_compacted_output_only_the_newest_value_is_sent() -> None:
    bench = await Bench().ready()
    await bench.commit()
    sent = bench.kafka.records(Log(NEWEST.name, 1))

    assert {record.key: msgspec.json.decode(record.value or b"", type=Copy).seen for record in sent} == {
        b"a": 2,
        b"c": 1,
    }
    assert len(sent) == 2


async def test_the_store_says_how_far_each_changelog_is_in_it() -> None:
    bench = await Bench().ready()
    await bench.commit()
    ends = {table.name: bench.kafka.records(changelog(table, 0))[-1].offset + 1 for table in TABLES}

    assert bench.task.store.meta() == Meta(
        {name: StoreMark("here", end, MARKER) for name, end in ends.items()}, WRITTEN_MS
    )
    assert {name: state.next_offset for name, state in bench.task.states.items()} == ends


async def test_a_deletion_is_a_tombstone_in_the_changelog_and_gone_from_the_store() -> None:
    bench = await Bench().ready()
    await bench.commit()
    await bench.handle(3, "a", order="forget")
    await bench.commit()

    assert bench.stored() == {"c": 1}
    assert (b"a", None) in [(record.key, record.value) for record in bench.kafka.records(changelog(TOTALS, 0))]


async def test_expired_rows_are_gone_from_the_store_and_left_to_their_age_in_the_changelog() -> None:
    bench = await Bench().ready("a", "a", "a", "c")
    await bench.commit()
    seen = bench.task.states[SEEN.name]
    assert isinstance(seen, RowState)
    seen.expire("a", 3)
    await bench.commit()
    kept = [ROWS.decode(key) for key, _ in bench.task.store.scan(SEEN.name, b"", None, 9)]

    assert kept == [("a", 3), ("c", 1)]
    assert len([record for record in bench.kafka.records(changelog(SEEN, 0)) if record.key != MARKER_KEY]) == 4


async def test_the_next_commit_holds_only_what_came_since() -> None:
    bench = await Bench().ready()
    await bench.commit()
    before = len(bench.kafka.records(changelog(TOTALS, 0)))
    await bench.handle(3, "c")
    await bench.commit()

    assert [record.key for record in bench.kafka.records(changelog(TOTALS, 0))[before:]] == [b"c", MARKER_KEY]


CALLS_BEFORE_THE_EFFECT = [("begin", 1), ("append", 1), ("append", 4), ("append", 5), ("send_positions", 1)]


@pytest.mark.parametrize(("call", "nth"), [*CALLS_BEFORE_THE_EFFECT, ("commit", 1)])
async def test_a_call_to_kafka_that_fails_leaves_nothing_visible_and_the_store_untouched(call: str, nth: int) -> None:
    bench = await Bench().ready()
    bench.kafka.faults.fail(call, nth=nth)

    with pytest.raises(Exception, match=call):
        await bench.commit()
    await bench.kafka.producer("app-0").fence()

    assert (bench.visible(), bench.kafka.group_offset(Log("lines", 0)), bench.stored()) == ([], None, {})


@pytest.mark.parametrize("step", STEPS_BEFORE_THE_EFFECT)
async def test_a_worker_that_ends_before_step_6_leaves_nothing_visible_and_the_store_untouched(step: Step) -> None:
    bench = await Bench(FailAt(f"{step}:1:raise")).ready()

    with pytest.raises(InjectedError):
        await bench.commit()
    await bench.kafka.producer("app-0").fence()

    assert (bench.visible(), bench.kafka.group_offset(Log("lines", 0)), bench.stored()) == ([], None, {})


@pytest.mark.parametrize(("step", "stored"), [(Step.COMMIT, {}), (Step.STORE, {"a": 2, "c": 1})])
async def test_a_worker_that_ends_after_step_6_leaves_all_of_it_visible(step: Step, stored: dict[str, int]) -> None:
    bench = await Bench(FailAt(f"{step}:1:raise")).ready()

    with pytest.raises(InjectedError):
        await bench.commit()
    await bench.kafka.producer("app-0").fence()

    assert len([topic for topic, _ in bench.visible() if topic == "copies"]) == 3
    assert (bench.kafka.group_offset(Log("lines", 0)), bench.stored()) == (3, stored)


async def test_an_answer_that_is_lost_leaves_all_of_it_visible_and_the_store_behind() -> None:
    bench = await Bench().ready()
    bench.kafka.faults.fail_after("commit")

    with pytest.raises(Exception, match="commit"):
        await bench.commit()

    assert (bench.kafka.group_offset(Log("lines", 0)), bench.stored()) == (3, {})


async def test_steps_are_passed_in_their_order() -> None:
    passed: list[Step] = []

    class Watching(NoFailPoints):
        def watches(self, step: Step) -> bool:
            return step is Step.COMMIT_SENT

        def reach(self, step: Step) -> None:
            passed.append(step)

    bench = await Bench(Watching()).ready()
    await bench.commit()

    assert passed == [step for step in Step if step.startswith("commit-")]


class PauseAfter(NoFailPoints):
    """Holds the producer up once a step is done."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self.producer: FakeProducer | None = None

    def reach(self, step: Step) -> None:
        if step is self._step and self.producer is not None:
            self.producer.pause()


@pytest.mark.parametrize("step", STEPS_BEFORE_THE_EFFECT)
async def test_what_is_handled_during_a_commit_belongs_to_the_next(step: Step) -> None:
    points = PauseAfter(step)
    bench = await Bench(points).ready()
    points.producer = bench.producer
    committing = asyncio.create_task(bench.commit())
    await turn()
    await bench.handle(3, "a", "c", "e")
    points.producer = None
    bench.producer.resume()
    await committing
    first = (bench.kafka.group_offset(Log("lines", 0)), bench.stored())
    await bench.commit()

    assert first == (3, {"a": 2, "c": 1})
    assert (bench.kafka.group_offset(Log("lines", 0)), bench.stored()) == (6, {"a": 3, "c": 2, "e": 1})


async def test_a_fenced_producer_is_refused_and_leaves_the_store_untouched() -> None:
    bench = await Bench().ready()
    await bench.kafka.producer("app-0").fence()

    with pytest.raises(FencedError):
        await bench.commit()

    assert (bench.visible(), bench.stored()) == ([], {})


async def test_records_sent_on_to_another_partition_keep_their_order() -> None:
    bench = await Bench().ready(*(["b", "a"] * 40))
    await bench.commit()
    causes = [
        msgspec.json.decode(record.value or b"", type=Copy).seen for record in bench.kafka.records(Log("copies", 0))
    ]

    assert causes == list(range(1, 41))
