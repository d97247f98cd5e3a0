import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fleet_app import topics
from fleet_app.bench.alone import Bare
from fleet_app.bench.figures import Sample
from fleet_app.bench.fixes import RAW, REFUSED
from fleet_app.bench.job_a import KEEP_LAST
from fleet_app.bench.load import JobName, fixes
from fleet_app.bench.plan import InState, Plan
from fleet_app.bench.worker import Sampling, Timing, create_app
from fleet_app.settings import Settings
from fleet_app.stream.declarations import PlainRecord
from fleet_app.stream.reads import Duty, Phase, RestoreProgress, SourceProgress, TaskReport, TaskState


def task(partition: int, position: int | None, duty: Duty = Duty.OWNER) -> TaskReport:
    return TaskReport(
        partition=partition,
        duty=duty,
        state=TaskState.RUNNING,
        sources=[SourceProgress(topic=RAW.name, position=position, end=None)],
        committed_ms=None,
        time_ms=None,
        restore=RestoreProgress(done=0, total=0),
    )


class FakeMembership:
    """Two tasks that run, one that has not begun, and a standby."""

    def phase(self) -> Phase:
        return Phase.RUNNING

    def tasks(self) -> list[TaskReport]:
        return [task(0, 7), task(1, 5), task(2, None), task(3, 100, Duty.STANDBY)]


def test_samples_count_what_owners_have_handled(tmp_path: Path) -> None:
    membership: Any = FakeMembership()

    async def sample() -> None:
        sampling = Sampling(tmp_path / "samples.json", membership, every_s=60)
        await sampling.start()
        await asyncio.sleep(0)
        await sampling.stop()

    asyncio.run(sample())
    samples = msgspec.json.decode((tmp_path / "samples.json").read_bytes(), type=list[Sample])

    assert [(each.records, each.phase, each.assigned) for each in samples] == [(12, "running", True)]


def test_each_record_is_timed_from_when_it_was_due(tmp_path: Path) -> None:
    load = list(fixes(seed=1, vehicles=3, records=6))
    bare: Any = Bare()
    timing = Timing(tmp_path / "in-state.json")
    handle = timing.of(KEEP_LAST).bind(bare)
    for sent in load:
        handle(PlainRecord(0, 0, b"", sent.value))
    asyncio.run(timing.stop())
    noted = msgspec.json.decode((tmp_path / "in-state.json").read_bytes(), type=InState)

    assert noted.sent_s == [sent.time_ms / 1000 for sent in load]
    assert all(delay_ms > 0 for delay_ms in noted.delay_ms)
    assert len(bare.table(KEEP_LAST.owns[0])) == 3


@pytest.mark.parametrize("job", JobName)
def test_the_application_needs_the_topics_of_its_job(job: JobName, tmp_path: Path) -> None:
    settings = Settings.load(state_dir=tmp_path, app_id="bench-x", partitions=2)
    app = create_app(settings, Plan(job=job, notes=tmp_path, sample_every_s=1.0))
    expected = {RAW.name, REFUSED.name, "bench-x-last-changelog", "bench-x-minutes-changelog"}

    assert {plan.name for plan in app.topic_plans()} - {"gps.minute"} == expected


def test_without_a_job_the_application_is_the_products(tmp_path: Path) -> None:
    settings = Settings.load(state_dir=tmp_path, app_id="bench-x", partitions=2)
    app = create_app(settings, Plan(job=None, notes=tmp_path, sample_every_s=1.0))

    assert {topic.name for topic in topics.TOPICS} <= {plan.name for plan in app.topic_plans()}
