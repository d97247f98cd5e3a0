"""Workers of the counting application on one Kafka in memory, and what an oracle says they must come to."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from fleet_app.stream.declarations import Agent, Table
from fleet_app.stream.engine.fail_points import FailPoints, NoFailPoints
from fleet_app.stream.engine.marker import MARKER_KEY
from fleet_app.stream.engine.ports import Fetched, Log, Outgoing
from fleet_app.stream.engine.surroundings import Rules, Surroundings
from fleet_app.stream.engine.tasks import Tasks
from fleet_app.stream.engine.views import GlobalViews, Snapshots, views_of
from fleet_app.stream.naming import changelog_name, transactional_id
from fleet_app.stream.reads import TaskReport
from tests.stream.engine.counting import AGENTS, COPIES, LINES, PARTITIONS, TOTALS, Total, partition_of
from tests.stream.engine.fake_clock import turn
from tests.stream.engine.fake_kafka import FakeKafka, FakeProducer
from tests.stream.engine.fake_stores import FakeStores

APP: Final = "app"
ORIGIN: Final = "this cluster"
_TURNS: Final = 20


def no_views() -> Snapshots:
    """Return what a worker without global views knows of them."""
    return Snapshots({}, {})


def changelog(table: Table[Any, Any], partition: int) -> Log:
    """Return a table's changelog in a partition."""
    return Log(changelog_name(APP, table.name), partition)


def source_logs(partitions: Collection[int], agents: Sequence[Agent] = AGENTS) -> list[Log]:
    """Return the sources of tasks."""
    return [Log(agent.reads.name, partition) for agent in agents for partition in partitions]


def say(kafka: FakeKafka, word: str, order: str = "") -> None:
    """Append a word to `lines`, with what is to be done with it."""
    key = word.encode()
    kafka.put(Log(LINES.name, partition_of(key)), Outgoing(key, order.encode()))


def counted(kafka: FakeKafka, table: Table[str, Total] = TOTALS) -> dict[str, int]:
    """Return a table's counts, as the changelogs tell them to a reader of what is committed."""
    found = {}
    for partition in range(PARTITIONS):
        for key, value in kafka.latest(changelog(table, partition)).items():
            if key != MARKER_KEY:
                found[key.decode()] = table.decode(value).seen
    return found


def said(kafka: FakeKafka) -> Counter[str]:
    """Return how often each word was said."""
    logs = [Log(LINES.name, partition) for partition in range(PARTITIONS)]
    return Counter((record.key or b"").decode() for log in logs for record in kafka.records(log))


class Worker:
    """A worker on a disk of its own, whose tests decide what the group decides."""

    def __init__(
        self,
        kafka: FakeKafka,
        *,
        stores: FakeStores | None = None,
        agents: Sequence[Agent] = AGENTS,
        fail_points: FailPoints | None = None,
        origin: str = ORIGIN,
        commit_interval_s: float = 0.5,
    ) -> None:
        self.kafka = kafka
        self.agents = agents
        self.sources = kafka.sources()
        self.stores = stores or FakeStores()
        self.producers: list[FakeProducer] = []
        self.failures: list[BaseException] = []
        self.times_running = 0
        self._origin = origin
        self._epoch = 0
        self.views_reader = kafka.changelogs()
        self.views = GlobalViews(views_of(agents), partitions=PARTITIONS, reader=self.views_reader, clock=kafka.clock)
        around = Surroundings(
            new_producer=self._new_producer,
            changelogs=kafka.changelogs(),
            standby_changelogs=kafka.changelogs(),
            sources=self.sources,
            views=self.views,
            stores=self.stores,
            partition_of=partition_of,
            clock=kafka.clock,
            chance=random.Random(0),
            fail_points=fail_points or NoFailPoints(),
        )
        rules = Rules(app_id=APP, commit_interval_s=commit_interval_s)
        self.tasks = Tasks(agents, around, rules, on_failure=self.failures.append, on_running=self._count_running)

    def _count_running(self) -> None:
        self.times_running += 1

    async def start(self, *active: int, standby: Collection[int] = ()) -> "Worker":
        """Begin, and restore these partitions."""
        await self.begin()
        await self.share(*active, standby=standby)
        await turn()
        return self

    async def begin(self) -> None:
        """Begin, and wait for partitions."""
        sources = dict.fromkeys((agent.reads.name for agent in self.agents), ORIGIN)
        changelogs = dict.fromkeys((changelog(table, 0).topic for table in self.tasks.tables), self._origin)
        await self.tasks.start({**sources, **changelogs})

    async def share(self, *active: int, standby: Collection[int] = ()) -> None:
        """Give the worker these partitions and no others; those it had and keeps are taken away in between."""
        self.tasks.suspend()
        await self.tasks.final_commit()
        self._epoch += 1
        self.sources.assign(source_logs(active, self.agents))
        await self.tasks.assign(frozenset(active), frozenset(standby), self._epoch)

    async def poll(self) -> None:
        """Handle what one fetch brings."""
        for fetched in self.sources.fetch():
            await self.tasks.apply(fetched)

    async def drain(self) -> None:
        """Handle everything there is, and commit it, until nothing comes of it any more."""
        for _ in range(4):
            for _ in range(_TURNS):
                await self.poll()
            await self.kafka.clock.advance(1.0)

    async def crash(self) -> None:
        """Die: all memory is lost, the disk stays, an open transaction is left to whoever comes next."""
        tasks = self.tasks
        dying = [*tasks._background, *tasks._working, *tasks._commits.values()]
        for work in dying:
            work.cancel()
        await asyncio.gather(*dying, return_exceptions=True)
        tasks.suspend()
        self.stores.crash()

    def freeze(self) -> None:
        """Let nothing that is sent reach the broker."""
        for producer in self.producers:
            producer.pause()

    def wake(self) -> None:
        """Let what was held back reach the broker."""
        for producer in self.producers:
            producer.resume()

    def _new_producer(self, partition: int) -> FakeProducer:
        self.producers.append(self.kafka.producer(transactional_id(APP, partition)))
        return self.producers[-1]

    def report(self, partition: int) -> TaskReport:
        """Return what is told of a partition."""
        return next(report for report in self.tasks.reports() if report.partition == partition)


async def until(condition: Callable[[], bool]) -> None:
    """Let every task go on until a condition holds, while time stands still."""
    for _ in range(_TURNS):
        if condition():
            return
        await turn()
    raise AssertionError("it did not come to pass")


def fetched_of(log: Log, fetched: Sequence[Fetched]) -> Fetched:
    """Return what came of a log."""
    return next(each for each in fetched if each.log == log)


def copied(kafka: FakeKafka) -> Counter[bytes | None]:
    """Return how often each value stands in `copies`: once, if nothing was doubled."""
    logs = [Log(COPIES.name, partition) for partition in range(PARTITIONS)]
    return Counter(record.value for log in logs for record in kafka.records(log))
