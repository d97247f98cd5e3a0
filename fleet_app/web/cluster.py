"""`/api/cluster`, `/healthz`, `/readyz` and `/metrics`: how the workers are."""

from http import HTTPStatus
from typing import Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import SkipValidation
from litestar.response import Response

from fleet_app.domain.access.rights import Right
from fleet_app.http.access import InjectedCaller, needs
from fleet_app.http.answers import Documented, answers
from fleet_app.http.problems import RETRY_AFTER_S
from fleet_app.metrics import CONTENT_TYPE, Exposition
from fleet_app.stream.reads import (
    Duty,
    LocalViews,
    Phase,
    RestoreProgress,
    SourceProgress,
    TaskReport,
    TaskState,
    ViewReport,
    Worker,
    total,
)
from fleet_app.web.peers import PeerError
from fleet_app.web.reader import Injected, Reader
from fleet_app.web.whole_views import InjectedViews


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """How far a source partition is read; null where it is not known.

    Attributes:
        topic: The source topic.
        position: The next offset to be read.
        end: The end of the log.
        lag: Records that wait between the two.
    """

    topic: str
    position: int | None
    end: int | None
    lag: int | None


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker does for one partition.

    Attributes:
        partition: The partition, of every topic and table.
        duty: `owner`: the worker processes it; `standby`: it keeps a copy, to take over quickly.
        state: `restoring`: its changelogs are being read; `running`: an owner processes, a standby follows;
            `stopped`: handed over, or failed.
        lag: Records that wait in its sources; null for a standby, and while one of them is not known.
        sources: How far each source is read; empty for a standby.
        committed_ms: When it last committed, ms since 1970; null before the first time on this worker.
        committed_age_s: Seconds since then, by the worker's own clock. A task without input does not commit.
        time_ms: Its task time, which timers go by, ms since 1970; null for a standby and before it runs.
        restore: How far its changelogs are read, in offsets since the restore or the following began.
    """

    partition: int
    duty: Duty
    state: TaskState
    lag: int | None
    sources: list[SourceView]
    committed_ms: int | None
    committed_age_s: float | None
    time_ms: int | None
    restore: RestoreProgress


class WorkerView(msgspec.Struct, frozen=True, kw_only=True):
    """A worker.

    Attributes:
        url: How it is reached.
        phase: Where it stands in its life; null if it did not answer.
        owns: Partitions it processes, by the last assignment.
        standby_for: Partitions it keeps a copy of.
        lag: Records that wait in the sources of the partitions it owns; null if one of them is not known.
        tasks: What it does for each of its partitions, in their order; empty if it did not answer.
        views: How far its copy of each global view is; empty if it did not answer, and before it knows.
        problem: Why it did not answer; null if it did.
    """

    url: str
    phase: Phase | None
    owns: tuple[int, ...]
    standby_for: tuple[int, ...]
    lag: int | None
    tasks: list[TaskView]
    views: list[ViewReport]
    problem: str | None


class ClusterView(msgspec.Struct, frozen=True, kw_only=True):
    """All workers, as the asked one knows them.

    Attributes:
        asked: The worker that answers.
        partitions: Partitions of every topic and table.
        unowned: Partitions that nobody is known to own.
        workers: Every member of the group by the last assignment.
    """

    asked: str
    partitions: int
    unowned: list[int]
    workers: list[WorkerView]


class WorkerReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker tells about itself, and when it did, by its own clock, ms since 1970."""

    phase: Phase
    told_ms: int
    tasks: list[TaskReport]
    # A worker of a release before this one has none to tell of.
    views: list[ViewReport] = []


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """That the process is alive, and where it stands."""

    phase: Phase


@get(
    "/api/cluster",
    opt=needs(Right.SEE_ALL_TENANTS),
    operation_class=Documented,
    tags=["cluster"],
    summary="Workers, their tasks, and how far these are",
    responses=answers(ClusterView),
)
async def get_cluster(reader: Injected, views: InjectedViews, caller: InjectedCaller) -> ClusterView:
    """Answer for all workers; what one did not tell is null."""
    membership = reader.membership
    reports: dict[str, WorkerReport | PeerError] = {
        membership.url: _own_report(reader, views),
        **await reader.ask_all(("internal", "worker"), (), WorkerReport, caller=caller),
    }
    members = {worker.url: worker for worker in membership.workers()}
    return ClusterView(
        asked=membership.url,
        partitions=membership.partitions,
        unowned=[p for p in range(membership.partitions) if membership.owner(p) is None],
        workers=[
            _worker_view(members.get(url, Worker(url=url, owns=(), standby_for=())), report)
            for url, report in sorted(reports.items())
        ],
    )


@get(
    "/internal/worker",
    opt=needs(Right.ANSWER_WORKERS),
    operation_class=Documented,
    tags=["between workers"],
    summary="This worker's phase, tasks and global views",
    responses=answers(WorkerReport),
)
async def get_own_report(reader: Injected, views: InjectedViews) -> WorkerReport:
    """Answer another worker that puts the parts together."""
    return _own_report(reader, views)


def _own_report(reader: Reader, views: LocalViews) -> WorkerReport:
    return WorkerReport(
        phase=reader.membership.phase(),
        told_ms=reader.now_ms(),
        tasks=reader.membership.tasks(),
        views=views.reports(),
    )


def _worker_view(worker: Worker, report: WorkerReport | PeerError) -> WorkerView:
    if isinstance(report, PeerError):
        return _silent_worker_view(worker, report)
    tasks = sorted(report.tasks, key=lambda task: task.partition)
    return WorkerView(
        url=worker.url,
        phase=report.phase,
        owns=worker.owns,
        standby_for=worker.standby_for,
        lag=_lag(worker, tasks),
        tasks=[_task_view(task, report.told_ms) for task in tasks],
        views=report.views,
        problem=None,
    )


def _silent_worker_view(worker: Worker, problem: PeerError) -> WorkerView:
    return WorkerView(
        url=worker.url,
        phase=None,
        owns=worker.owns,
        standby_for=worker.standby_for,
        lag=None,
        tasks=[],
        views=[],
        problem=str(problem),
    )


def _lag(worker: Worker, tasks: list[TaskReport]) -> int | None:
    """Return what waits in the partitions that the worker owns, None unless each of them was reported."""
    lags = {task.partition: task.lag for task in tasks if task.duty is Duty.OWNER}
    return total(lags.get(partition) for partition in worker.owns)


def _task_view(task: TaskReport, told_ms: int) -> TaskView:
    return TaskView(
        partition=task.partition,
        duty=task.duty,
        state=task.state,
        lag=task.lag if task.duty is Duty.OWNER else None,
        sources=[_source_view(source) for source in task.sources],
        committed_ms=task.committed_ms,
        committed_age_s=None if task.committed_ms is None else (told_ms - task.committed_ms) / 1000,
        time_ms=task.time_ms,
        restore=task.restore,
    )


def _source_view(source: SourceProgress) -> SourceView:
    return SourceView(topic=source.topic, position=source.position, end=source.end, lag=source.lag)


@get(
    "/healthz",
    opt=needs(Right.OPEN),
    operation_class=Documented,
    tags=["cluster"],
    summary="200 while the process is alive",
    responses=answers(Health),
)
async def get_health(reader: Injected) -> Health:
    """Answer from the first second on."""
    return Health(phase=reader.membership.phase())


@get(
    "/readyz",
    opt=needs(Right.OPEN),
    operation_class=Documented,
    tags=["cluster"],
    summary="200 while the worker is running, else 503 with its phase",
    responses={
        **answers(Health),
        HTTPStatus.SERVICE_UNAVAILABLE: ResponseSpec(Health, generate_examples=False, description="Not running"),
    },
)
async def get_readiness(reader: Injected) -> Response[Health]:
    """Answer whether the worker's partitions can be read."""
    phase = reader.membership.phase()
    if phase is Phase.RUNNING:
        return Response(Health(phase=phase))
    return Response(
        Health(phase=phase),
        status_code=HTTPStatus.SERVICE_UNAVAILABLE,
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


@get(
    "/metrics",
    opt=needs(Right.SEE_ALL_TENANTS),
    operation_class=Documented,
    tags=["cluster"],
    summary="Metrics of this worker for Prometheus",
    media_type=CONTENT_TYPE,
    responses=answers(str, media_type=f"{CONTENT_TYPE}; charset=utf-8"),
)
async def get_metrics(exposition: NamedDependency[SkipValidation[Exposition]]) -> bytes:
    """Answer in Prometheus' text format."""
    return exposition.text()


HANDLERS: Final = (get_cluster, get_own_report, get_health, get_readiness, get_metrics)
