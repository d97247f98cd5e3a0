"""Workers of one application on one Kafka in memory, to whom a schedule does everything that may happen to them.

Words come in, workers handle, commit, die with or without their disk, freeze and wake up as zombies, take over from
each other, and Kafka fails a call.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from fleet_app.stream.declarations import Agent
from tests.stream.engine.counting import AGENTS, PARTITIONS
from tests.stream.engine.fake_clock import FakeClock, turn
from tests.stream.engine.fake_kafka import FakeKafka
from tests.stream.engine.fake_stores import FakeStores
from tests.stream.engine.world import Worker, say


class Cluster:
    """Two places for workers. A partition is given to one at a time; who is frozen or dead does not know.

    Args:
        agents: The application.
    """

    def __init__(self, agents: Sequence[Agent] = AGENTS) -> None:
        self.agents = agents
        self.kafka = FakeKafka(FakeClock())
        self.disks = [FakeStores(), FakeStores()]
        self.workers: list[Worker | None] = [None, None]
        self.zombies: list[Worker] = []
        self.said: list[tuple[str, str]] = []

    async def say(self, word: str, order: str) -> None:
        self.said.append((word, order))
        say(self.kafka, word, order)

    async def handle(self) -> None:
        for worker in self.living():
            await asyncio.wait([asyncio.ensure_future(worker.poll())], timeout=None)

    async def pass_time(self, tenths: int) -> None:
        await self.kafka.clock.advance(tenths / 10)

    async def share(self, first: int) -> None:
        """Give the first worker so many partitions, and the second one the others; each follows what it has not."""
        shares = [range(first), range(first, PARTITIONS)]
        for member in self.living():
            member.tasks.suspend()
            # What ends a commit here has been told to the worker.
            await asyncio.gather(member.tasks.final_commit(), return_exceptions=True)
        await self.bury_the_dead()
        for place, share in enumerate(shares):
            worker = self.workers[place]
            if worker is None:
                worker = Worker(self.kafka, stores=self.disks[place], agents=self.agents)
                await worker.begin()
            self.workers[place] = worker
            await worker.share(*share, standby=set(range(PARTITIONS)) - set(share))

    async def settle(self) -> None:
        await turn()

    async def kill(self, place: int, disk: str) -> None:
        worker = self.workers[place]
        self.workers[place] = None
        if worker is not None:
            await worker.crash()
        if disk == "wiped":
            self.disks[place].wipe()

    async def freeze(self, place: int) -> None:
        """Let a worker be taken for dead while it is not: its place goes to another one, with an empty disk."""
        worker = self.workers[place]
        if worker is not None:
            worker.freeze()
            self.zombies.append(worker)
        self.workers[place], self.disks[place] = None, FakeStores()

    async def wake(self) -> None:
        for zombie in self.zombies:
            zombie.wake()
            await asyncio.wait([asyncio.ensure_future(zombie.poll())])
        await turn()

    async def fail(self, call: str) -> None:
        self.kafka.faults.fail(call)

    async def lose_answer(self, call: str) -> None:
        self.kafka.faults.fail_after(call)

    def living(self) -> list[Worker]:
        return [worker for worker in self.workers if worker is not None and not worker.failures]

    async def bury_the_dead(self) -> None:
        """End whatever has failed, as its process would have."""
        for place, worker in enumerate(self.workers):
            if worker is not None and worker.failures:
                await self.kill(place, "kept")

    async def finish(self) -> None:
        """Let what is left be done by one worker, which follows on everybody."""
        self.kafka.faults.clear()
        await self.wake()
        for place in (0, 1):
            await self.kill(place, "kept")
        last = await Worker(self.kafka, stores=self.disks[0], agents=self.agents).start(*range(PARTITIONS))
        await turn()
        await last.drain()
        await self.wake()
        await last.drain()
        self.workers[0] = last


Step = tuple[Any, ...]
"""What is done to the cluster: a method's name, and its arguments."""


async def follow(cluster: Cluster, schedule: Sequence[Step]) -> Cluster:
    """Do what a schedule says, and let what is left be done."""
    for name, *arguments in schedule:
        await getattr(cluster, name)(*arguments)
        await cluster.bury_the_dead()
    await cluster.finish()
    return cluster
