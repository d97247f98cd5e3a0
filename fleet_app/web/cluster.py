"""`/api/cluster`, `/healthz`, `/readyz` and `/metrics`: how the workers are."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import SkipValidation
from litestar.response import Response

from fleet_app.metrics import CONTENT_TYPE, Exposition
from fleet_app.stream.reads import PartitionProgress, Phase, Worker, total
from fleet_app.web.answers import answers
from fleet_app.web.peers import PeerError
from fleet_app.web.problems import RETRY_AFTER_S
from fleet_app.web.reader import Injected, Reader


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """How far a source partition is read; null where it is not known.

    Attributes:
        topic: The source topic.
        partition: Its partition.
        position: The next offset to be read.
        end: The end of the log.
        lag: Records that wait between the two.
    """

    topic: str
    partition: int
    position: int | None
    end: int | None
    lag: int | None


class WorkerView(msgspec.Struct, frozen=True, kw_only=True):
    """A worker.

    Attributes:
        url: How it is reached.
        phase: Where it stands in its life; null if it did not answer.
        owns: Partitions it processes, by the last assignment.
        standby_for: Partitions it keeps a copy of.
        lag: Records that wait in its source partitions; null if one of them is not known.
        sources: How far each source partition is read.
        problem: Why it did not answer; null if it did.
    """

    url: str
    phase: Phase | None
    owns: tuple[int, ...]
    standby_for: tuple[int, ...]
    lag: int | None
    sources: list[SourceView]
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
    """What a worker tells about itself."""

    phase: Phase
    progress: list[PartitionProgress]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """That the process is alive, and where it stands."""

    phase: Phase


@get(
    "/api/cluster", tags=["cluster"], summary="Workers, their partitions and their lag", responses=answers(ClusterView)
)
async def get_cluster(reader: Injected) -> ClusterView:
    """Answer for all workers; what one did not tell is null."""
    membership = reader.membership
    reports: dict[str, WorkerReport | PeerError] = {
        membership.url: _own_report(reader),
        **await reader.ask_all(("internal", "worker"), (), WorkerReport),
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


@get("/internal/worker", tags=["between workers"], summary="This worker's phase and progress")
async def get_own_report(reader: Injected) -> WorkerReport:
    """Answer another worker that puts the parts together."""
    return _own_report(reader)


def _own_report(reader: Reader) -> WorkerReport:
    return WorkerReport(phase=reader.membership.phase(), progress=reader.membership.progress())


def _worker_view(worker: Worker, report: WorkerReport | PeerError) -> WorkerView:
    progress: Sequence[PartitionProgress] = [] if isinstance(report, PeerError) else report.progress
    return WorkerView(
        url=worker.url,
        phase=None if isinstance(report, PeerError) else report.phase,
        owns=worker.owns,
        standby_for=worker.standby_for,
        lag=None if isinstance(report, PeerError) else total(each.lag for each in progress),
        sources=[
            SourceView(topic=each.topic, partition=each.partition, position=each.position, end=each.end, lag=each.lag)
            for each in progress
        ],
        problem=str(report) if isinstance(report, PeerError) else None,
    )


@get("/healthz", tags=["cluster"], summary="200 while the process is alive")
async def get_health(reader: Injected) -> Health:
    """Answer from the first second on."""
    return Health(phase=reader.membership.phase())


@get(
    "/readyz",
    tags=["cluster"],
    summary="200 while the worker is running, else 503 with its phase",
    responses={
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


@get("/metrics", tags=["cluster"], summary="Metrics of this worker for Prometheus", media_type=CONTENT_TYPE)
async def get_metrics(exposition: NamedDependency[SkipValidation[Exposition]]) -> bytes:
    """Answer in Prometheus' text format."""
    return exposition.text()


HANDLERS: Final = (get_cluster, get_own_report, get_health, get_readiness, get_metrics)
