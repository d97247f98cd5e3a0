"""The worker that is measured: an application, and what it notes about itself on the side."""

import asyncio
import contextlib
import time
from array import array
from pathlib import Path
from typing import NoReturn

import msgspec

from fleet_app.app import create_app as create_product
from fleet_app.app import fix_rules, stream_options
from fleet_app.bench.alone import AGENTS
from fleet_app.bench.figures import Sample
from fleet_app.bench.fixes import Fix
from fleet_app.bench.holds import Holds
from fleet_app.bench.plan import HOLDS, IN_STATE, PROFILE, SAMPLES, InState, Plan
from fleet_app.bench.profiler import Profiler
from fleet_app.http.server import WebServer
from fleet_app.kafka_connection import client_options
from fleet_app.settings import Settings
from fleet_app.stream.declarations import Agent, AgentTask, Handler, Record
from fleet_app.stream.faust_app import StreamApp
from fleet_app.stream.reads import Duty, Membership
from fleet_app.stream.services import ServiceOf, StartsAndStops, TopicsReady
from fleet_app.stream.worker import StreamWorker
from fleet_app.web.application import create_web


def run_worker(settings: Settings, plan: Plan) -> NoReturn:
    """Run the plan until SIGTERM, then leave the process with its exit code."""
    StreamWorker(create_app(settings, plan)).execute_from_commandline()


def create_app(settings: Settings, plan: Plan) -> StreamApp:
    """Return the application of a plan, nothing opened yet: the product where it names no job."""
    notes: list[StartsAndStops] = []
    if plan.times_steps:
        notes.append(Holds(plan.notes / HOLDS))
    if plan.profiles:
        notes.append(Profiling(plan.notes / PROFILE))
    if plan.job is None:
        app = create_product(settings)
    else:
        agent = AGENTS[plan.job]
        if plan.times_records:
            timing = Timing(plan.notes / IN_STATE)
            agent = timing.of(agent)
            notes.append(timing)
        app = _create_job(settings, agent)
    notes.append(Sampling(plan.notes / SAMPLES, app.membership, every_s=plan.sample_every_s))
    app.services_before_kafka = [*map(ServiceOf, notes), *app.services_before_kafka]
    return app


def _create_job(settings: Settings, agent: Agent) -> StreamApp:
    app = StreamApp(stream_options(settings), (agent,))
    web = create_web(
        settings,
        rules=fix_rules(settings),
        tables=app.held_tables,
        membership=app.membership,
        views=app.views,
        clock=time.time,
    )
    topics = TopicsReady(
        client_options(settings), app.topic_plans(), group_id=settings.app_id, wait_s=settings.broker_wait_s
    )
    app.services_before_kafka = [ServiceOf(part) for part in (WebServer(web, settings), topics)]
    return app


class Sampling:
    """Notes how far the worker is, and what it has used for it.

    Args:
        file: Where the notes go when it stops.
        membership: Knows how far each task is.
        every_s: How often.
    """

    def __init__(self, file: Path, membership: Membership, *, every_s: float) -> None:
        self._file = file
        self._membership = membership
        self._every_s = every_s
        self._samples: list[Sample] = []
        self._sampling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._sampling = asyncio.create_task(self._sample(), name="samples")

    async def stop(self) -> None:
        """Write the notes."""
        if self._sampling is not None:
            self._sampling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sampling
        self._file.write_bytes(msgspec.json.encode(self._samples))

    async def _sample(self) -> None:
        while True:
            self._samples.append(self._look())
            await asyncio.sleep(self._every_s)

    def _look(self) -> Sample:
        tasks = [task for task in self._membership.tasks() if task.duty is Duty.OWNER]
        return Sample(
            at_s=time.monotonic(),
            cpu_s=time.process_time(),
            records=sum(source.position or 0 for task in tasks for source in task.sources),
            phase=self._membership.phase(),
            assigned=bool(tasks),
        )


class Profiling:
    """Notes where the main thread's time goes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._profiler = Profiler()

    async def start(self) -> None:
        """Begin."""
        self._profiler.start()

    async def stop(self) -> None:
        """Write the notes."""
        self._file.write_bytes(msgspec.json.encode(self._profiler.stop()))


class Timing:
    """Notes how long each record takes from the moment it was to be sent, its `time_ms`, to being in the state.

    Sender and worker share the machine's clock.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._sent_s = array("d")
        self._delay_ms = array("d")

    async def start(self) -> None:
        """Nothing is to be done before the first record."""

    async def stop(self) -> None:
        """Write the notes."""
        self._file.write_bytes(msgspec.json.encode(InState(self._sent_s.tolist(), self._delay_ms.tolist())))

    def of(self, agent: Agent) -> Agent:
        """Return the same agent, each of its records timed once it has been handled."""
        read = msgspec.json.Decoder(Fix).decode

        def bind(task: AgentTask) -> Handler:
            handle = agent.bind(task)

            def timed(record: Record) -> None:
                handle(record)
                sent_ms = read(record.value or b"").time_ms
                self._sent_s.append(sent_ms / 1000)
                self._delay_ms.append(time.time() * 1000 - sent_ms)

            return timed

        return msgspec.structs.replace(agent, bind=bind)
