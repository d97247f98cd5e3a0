"""One seeded run: an application, a load, a fault, and what is left of it compared with the oracle."""

import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from fleet_app.broker.testing import RunningKafka, start_kafka
from fleet_app.errors import PortError
from fleet_app.settings import Settings
from tests.reliability.campaign.evidence import Evidence, Place, read_evidence
from tests.reliability.campaign.faults import Fault
from tests.reliability.campaign.findings import Findings, UnjudgedError
from tests.reliability.campaign.gaps import Gaps, measure
from tests.reliability.campaign.scene import PARTITIONS, Exit, Scene
from tests.reliability.campaign.sender import Sender, send_all
from tests.reliability.campaign.subject import Subject, group_lag
from tests.support.kafka import end_offsets, forget_topics, group_offsets

WORKERS: Final = 2
_STARTS_WITHIN_S: Final = 60.0
_SETTLES_WITHIN_S: Final = 60.0
_AFTER_STORY_S: Final = 2.0
_CONTROL_RECORDS: Final = 3
"""By how many offsets a group may stand before an end that it has reached: ends of transactions take an offset each."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the results.

    Attributes:
        seed: What chance began with.
        app: The application.
        faults: What was done to it: the kind, then what chance chose.
        session_s: The session timeout.
        sent: Records of the load.
        lost: What was missing, over state, stores, outputs and dead letters.
        doubled: What was there too often.
        wrong: What had another value, order or place, or did not come to rest.
        gaps_s: The longest stops of partitions.
        exits: Workers that ended by themselves and were started again.
        sentences: The first of what was wrong.
        seconds: How long the run took.
        looked_at: How much there was to be wrong, of what is no matter of course.
    """

    seed: int
    app: str
    faults: list[str]
    session_s: float
    sent: int
    lost: int
    doubled: int
    wrong: int
    gaps_s: Gaps
    exits: list[Exit]
    sentences: list[str]
    seconds: float
    looked_at: dict[str, int] = {}

    @property
    def exact(self) -> bool:
        """Whether nothing was wrong."""
        return not (self.lost or self.doubled or self.wrong)


class Lab:
    """A broker for one run after the other, its own or a given one, replaced when a run has hurt it."""

    def __init__(self, folder: Path, kafka: RunningKafka | None = None) -> None:
        self._folder = folder
        self._kafka = kafka

    def kafka(self) -> RunningKafka:
        """Return a broker without topics."""
        if self._kafka is None:
            directory = Path(tempfile.mkdtemp(prefix="kafka-", dir=self._folder))
            self._kafka = start_kafka(directory, Settings.load().cache_dir)
        forget_topics(self._kafka.bootstrap, prefix="")
        return self._kafka

    def discard(self) -> None:
        """Let the next run have a new broker."""
        if self._kafka is not None:
            self._kafka.broker.stop()
            shutil.rmtree(self._kafka.broker.directory, ignore_errors=True)
            self._kafka = None


def run_seed(
    seed: int, subject: Subject, fault: Fault, lab: Lab, folder: Path, *, session_s: float, rate_per_s: int
) -> Run:
    """Run one seed in a folder of its own, which keeps logs and state.

    Raises:
        UnjudgedError: The harness failed, and the run says nothing.
    """
    began_s = time.monotonic()
    kafka = lab.kafka()
    try:
        subject.make_topics(kafka.bootstrap, PARTITIONS)
        scene = Scene(subject, kafka, folder, seed=seed, session_s=session_s)
        sender = Sender(kafka.bootstrap, subject.records(seed), rate_per_s, on_sent=scene.note_sent)
        findings = Findings()
        with scene.watched():
            load_ended_ms = _tell(scene, fault, sender, findings)
            _settle(scene, findings)
            # Everyone has seen every change by now.
            send_all(kafka.bootstrap, subject.closing())
            _settle(scene, findings)
            stores = _end(scene, findings)
        evidence = _read(scene, stores)
    finally:
        if fault.hurts_broker:
            lab.discard()
    if any(end.code == PortError.exit_code for end in scene.exits):
        raise UnjudgedError("another program had taken a worker's port")
    judged = subject.judge(evidence, scene.release)
    return Run(
        seed=seed,
        app=subject.name,
        faults=[fault.name, *scene.notes],
        session_s=session_s,
        sent=sender.sent,
        lost=judged.lost,
        doubled=judged.doubled,
        wrong=judged.wrong + findings.wrong,
        gaps_s=measure(subject.progress(evidence), scene.moments, load_ended_ms),
        exits=scene.exits,
        sentences=[*findings.sentences, *judged.sentences],
        seconds=round(time.monotonic() - began_s, 1),
        looked_at=dict(judged.looked_at),
    )


def _tell(scene: Scene, fault: Fault, sender: Sender, findings: Findings) -> int:
    """Let the fault happen under load; return when the load ended, ms since 1970."""
    for number in range(WORKERS):
        scene.add(fail_at=fault.plan(scene) if fault.plan is not None and number == 0 else None)
    if not scene.wait_until_shared(_STARTS_WITHIN_S):
        words = "\n".join(worker.last_words() for worker in scene.workers)
        raise UnjudgedError(f"the workers did not start:\n{words}")
    sender.start()
    try:
        fault.story(scene)
        scene.pause(_AFTER_STORY_S, _AFTER_STORY_S)
        if not scene.wait_until_shared(_SETTLES_WITHIN_S):
            findings.note_wrong(f"not every partition has one owner {_SETTLES_WITHIN_S:g} s after: {scene.owners()}")
        scene.pause(1, 1)
    except AssertionError as error:
        findings.note_wrong(str(error))
    finally:
        ended_ms = time.time_ns() // 1_000_000
        sender.stop()
    return ended_ms


def _settle(scene: Scene, findings: Findings) -> None:
    """Return once everything is handled and committed, and nothing moves any more."""
    subject = scene.subject
    changelogs = [f"{scene.app_id}-{table}-changelog" for table in subject.tables(scene.release)]
    deadline = time.monotonic() + _SETTLES_WITHIN_S + 2 * scene.session_s
    before: tuple[Mapping[Place, int], Mapping[Place, int]] = ({}, {})
    still_since_s = time.monotonic()
    while True:
        ends = end_offsets(scene.kafka.bootstrap, [*subject.topics, *changelogs])
        offsets = group_offsets(scene.kafka.bootstrap, scene.app_id)
        now_s = time.monotonic()
        if before != (ends, offsets) or not scene.is_shared():
            before, still_since_s = (ends, offsets), now_s
        sources = {place: end for place, end in ends.items() if place[0] in subject.sources(scene.release)}
        if now_s - still_since_s > subject.still_s and group_lag(offsets, sources) <= _CONTROL_RECORDS:
            return
        if now_s > deadline:
            findings.note_wrong(f"no rest: owners {scene.owners()}, group {offsets}, ends {sources}")
            return
        scene.pause(0.2, 0.2)


def _end(scene: Scene, findings: Findings) -> dict[int, Path]:
    """End the workers as an operator would, and return where the owners keep their stores."""
    scene.stop_watching()
    states = {worker.port: worker.state for worker in scene.workers}
    stores = {partition: states[port] / "tasks" / str(partition) for partition, port in scene.owners().items()}
    alive = scene.alive()
    for worker in alive:
        worker.running.process.terminate()
    for worker in alive:
        code = worker.running.stop()
        if code:
            findings.note_wrong(f"worker {worker.port} ended with {code} on SIGTERM: {worker.last_words()}")
    return stores


def _read(scene: Scene, stores: Mapping[int, Path]) -> Evidence:
    subject = scene.subject
    return read_evidence(
        scene.kafka.bootstrap,
        scene.app_id,
        topics=subject.topics,
        tables=subject.tables(scene.release),
        stores=stores,
    )
