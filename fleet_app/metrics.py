"""Every metric: name, kind, labels, and what it counts. `docs/api.md` shows this list; a test compares them.

Counters are bumped where things happen; gauges about tasks are read from the worker's own reports when somebody
scrapes. The registry is this app's own: no library adds to it unasked.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from fleet_app import __version__
from fleet_app.stream.reads import (
    Duty,
    LocalViews,
    Membership,
    Phase,
    SourceProgress,
    TaskReport,
    TaskState,
    ViewReport,
)

CONTENT_TYPE: Final = "text/plain; version=0.0.4"
"""Of Prometheus' text format; the charset is added where it is sent."""
REGISTRY: Final = CollectorRegistry(auto_describe=True)
# When each label was first seen would double the number of series, and nobody asks.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Kind(StrEnum):
    """What a metric's value does: only grows, goes up and down, or is spread over buckets."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """A metric as it is scraped."""

    name: str
    kind: Kind
    labels: tuple[str, ...] = ()
    help: str


_POSITIONS_ACCEPTED: Final = Metric(
    name="fleet_positions_accepted_total",
    kind=Kind.COUNTER,
    help="Positions that became a fix of their vehicle.",
)
_POSITIONS_REFUSED: Final = Metric(
    name="fleet_positions_refused_total",
    kind=Kind.COUNTER,
    labels=("reason",),
    help="Positions refused while processing, by reason code.",
)
_POSITIONS_REKEYED: Final = Metric(
    name="fleet_positions_rekeyed_total",
    kind=Kind.COUNTER,
    help="Positions sent on to the partition where their vehicle belongs: their sender keys or partitions otherwise.",
)
_VEHICLES_FORGOTTEN: Final = Metric(
    name="fleet_vehicles_forgotten_total",
    kind=Kind.COUNTER,
    labels=("reason",),
    help="Vehicles of which everything was deleted: `asked` by somebody, or `unseen` for too long.",
)
_DOOR_POSITIONS: Final = Metric(
    name="fleet_door_positions_total",
    kind=Kind.COUNTER,
    labels=("door", "outcome"),
    help="Positions that came in through a door, by what became of them there.",
)
_HTTP_REQUESTS: Final = Metric(
    name="fleet_http_requests_total",
    kind=Kind.COUNTER,
    labels=("method", "route", "status"),
    help="HTTP requests answered, by route template.",
)
_HTTP_SECONDS: Final = Metric(
    name="fleet_http_request_seconds",
    kind=Kind.HISTOGRAM,
    labels=("route",),
    help="Seconds from an HTTP request's start to the end of its answer.",
)
_AUDIT_LOST: Final = Metric(
    name="fleet_audit_lost_total",
    kind=Kind.COUNTER,
    help="Entries of the audit that Kafka did not take; the log has each of them.",
)
_RECORDS_HANDLED: Final = Metric(
    name="fleet_records_handled_total",
    kind=Kind.COUNTER,
    labels=("topic",),
    help="Records of a source topic handled, those that became dead letters included.",
)
_DEAD_LETTERS: Final = Metric(
    name="fleet_dead_letters_total",
    kind=Kind.COUNTER,
    labels=("topic",),
    help="Records of a source topic that their agent could not handle, kept as dead letters.",
)
_TIMERS: Final = Metric(name="fleet_timers_total", kind=Kind.COUNTER, help="Timers that went off.")
_BATCHES_DROPPED: Final = Metric(
    name="fleet_batches_dropped_total",
    kind=Kind.COUNTER,
    help="Fetched batches dropped unread, as of an assignment that has passed; whoever has the partition reads them.",
)
_COMMITS: Final = Metric(name="fleet_commits_total", kind=Kind.COUNTER, help="Commits of tasks.")
_COMMIT_SECONDS: Final = Metric(
    name="fleet_commit_seconds",
    kind=Kind.HISTOGRAM,
    help="Seconds from a commit's cut to its values in the store.",
)
_RESTORED_RECORDS: Final = Metric(
    name="fleet_restored_records_total",
    kind=Kind.COUNTER,
    help="Changelog records read into stores, by restores and by standbys.",
)
_RESTORE_SECONDS: Final = Metric(
    name="fleet_restore_seconds",
    kind=Kind.HISTOGRAM,
    help="Seconds from taking partitions over to all of them running.",
)
_VIEW_RECORDS_REFUSED: Final = Metric(
    name="fleet_view_records_refused_total",
    kind=Kind.COUNTER,
    labels=("topic",),
    help="Records of a global view passed over because they cannot be read; the values before them stay.",
)
_LIVE_CLIENTS: Final = Metric(
    name="fleet_live_clients", kind=Kind.GAUGE, help="Clients that are connected to this worker's live feed."
)
_LIVE_FRAMES: Final = Metric(
    name="fleet_live_frames_total", kind=Kind.COUNTER, help="Frames given to clients of the live feed."
)
_LIVE_BYTES: Final = Metric(
    name="fleet_live_bytes_total", kind=Kind.COUNTER, help="Bytes of the frames given to clients of the live feed."
)
_LIVE_DROPPED: Final = Metric(
    name="fleet_live_frames_dropped_total",
    kind=Kind.COUNTER,
    help="Frames of the live feed dropped because their client was too slow; it catches up instead.",
)
_LIVE_CATCH_UPS: Final = Metric(
    name="fleet_live_catch_ups_total",
    kind=Kind.COUNTER,
    labels=("kind",),
    help="Times that a client of the live feed was told a whole `snapshot`, or the `changes` since where it stood.",
)
_BUILD: Final = Metric(
    name="fleet_build_info", kind=Kind.GAUGE, labels=("version",), help="Always 1; the label is the running release."
)
_PHASE: Final = Metric(
    name="fleet_worker_phase",
    kind=Kind.GAUGE,
    labels=("phase",),
    help="1 for the phase the worker is in, 0 for the others.",
)
_OWNED: Final = Metric(
    name="fleet_worker_partitions_owned", kind=Kind.GAUGE, help="Partitions that this worker processes now."
)
_VIEW_KEYS: Final = Metric(
    name="fleet_view_keys", kind=Kind.GAUGE, labels=("topic",), help="Keys that a global view holds on this worker."
)
_VIEW_LAG: Final = Metric(
    name="fleet_view_lag_records",
    kind=Kind.GAUGE,
    labels=("topic",),
    help="Records of a global view that wait to be read, up to where Kafka last told that its topic ends.",
)
_VIEW_TOLD_AGE: Final = Metric(
    name="fleet_view_told_age_seconds",
    kind=Kind.GAUGE,
    labels=("topic",),
    help="Seconds since Kafka last told where the topic of a global view ends.",
)
_POSITION: Final = Metric(
    name="fleet_source_position",
    kind=Kind.GAUGE,
    labels=("topic", "partition"),
    help="Next offset to be read from a source partition of this worker.",
)
_LAG: Final = Metric(
    name="fleet_source_lag_records",
    kind=Kind.GAUGE,
    labels=("topic", "partition"),
    help="Records of a source partition of this worker that wait to be read, up to the end of the log.",
)
_TASK_STATE: Final = Metric(
    name="fleet_task_state",
    kind=Kind.GAUGE,
    labels=("partition", "duty", "state"),
    help="1 for the state a task of this worker is in, 0 for the others.",
)
_TASK_COMMIT_AGE: Final = Metric(
    name="fleet_task_seconds_since_commit",
    kind=Kind.GAUGE,
    labels=("partition",),
    help="Seconds since a task of this worker last committed; a task without input does not commit.",
)
_TASK_RESTORE_DONE: Final = Metric(
    name="fleet_task_restore_done_offsets",
    kind=Kind.GAUGE,
    labels=("partition", "duty"),
    help="Offsets of its changelogs that a task has read since its restore or its following began.",
)
_TASK_RESTORE_TOTAL: Final = Metric(
    name="fleet_task_restore_total_offsets",
    kind=Kind.GAUGE,
    labels=("partition", "duty"),
    help="Offsets of its changelogs that a task has to read in all, counted from the same point.",
)

METRICS: Final = (
    _POSITIONS_ACCEPTED,
    _POSITIONS_REFUSED,
    _POSITIONS_REKEYED,
    _VEHICLES_FORGOTTEN,
    _DOOR_POSITIONS,
    _HTTP_REQUESTS,
    _HTTP_SECONDS,
    _AUDIT_LOST,
    _RECORDS_HANDLED,
    _DEAD_LETTERS,
    _TIMERS,
    _BATCHES_DROPPED,
    _COMMITS,
    _COMMIT_SECONDS,
    _RESTORED_RECORDS,
    _RESTORE_SECONDS,
    _VIEW_RECORDS_REFUSED,
    _LIVE_CLIENTS,
    _LIVE_FRAMES,
    _LIVE_BYTES,
    _LIVE_DROPPED,
    _LIVE_CATCH_UPS,
    _BUILD,
    _PHASE,
    _OWNED,
    _VIEW_KEYS,
    _VIEW_LAG,
    _VIEW_TOLD_AGE,
    _POSITION,
    _LAG,
    _TASK_STATE,
    _TASK_COMMIT_AGE,
    _TASK_RESTORE_DONE,
    _TASK_RESTORE_TOTAL,
)


_COMMIT_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_RESTORE_BUCKETS_S: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0)


def _counter(metric: Metric) -> Counter:
    return Counter(metric.name, metric.help, metric.labels, registry=REGISTRY)


def _histogram(metric: Metric, buckets: tuple[float, ...] = Histogram.DEFAULT_BUCKETS) -> Histogram:
    return Histogram(metric.name, metric.help, metric.labels, registry=REGISTRY, buckets=buckets)


POSITIONS_ACCEPTED: Final = _counter(_POSITIONS_ACCEPTED)
POSITIONS_REFUSED: Final = _counter(_POSITIONS_REFUSED)
POSITIONS_REKEYED: Final = _counter(_POSITIONS_REKEYED)
VEHICLES_FORGOTTEN: Final = _counter(_VEHICLES_FORGOTTEN)
DOOR_POSITIONS: Final = _counter(_DOOR_POSITIONS)
HTTP_REQUESTS: Final = _counter(_HTTP_REQUESTS)
HTTP_SECONDS: Final = _histogram(_HTTP_SECONDS)
AUDIT_LOST: Final = _counter(_AUDIT_LOST)
RECORDS_HANDLED: Final = _counter(_RECORDS_HANDLED)
DEAD_LETTERS: Final = _counter(_DEAD_LETTERS)
TIMERS: Final = _counter(_TIMERS)
BATCHES_DROPPED: Final = _counter(_BATCHES_DROPPED)
COMMITS: Final = _counter(_COMMITS)
COMMIT_SECONDS: Final = _histogram(_COMMIT_SECONDS, _COMMIT_BUCKETS_S)
RESTORED_RECORDS: Final = _counter(_RESTORED_RECORDS)
RESTORE_SECONDS: Final = _histogram(_RESTORE_SECONDS, _RESTORE_BUCKETS_S)
VIEW_RECORDS_REFUSED: Final = _counter(_VIEW_RECORDS_REFUSED)
LIVE_CLIENTS: Final = Gauge(_LIVE_CLIENTS.name, _LIVE_CLIENTS.help, registry=REGISTRY)
LIVE_FRAMES: Final = _counter(_LIVE_FRAMES)
LIVE_BYTES: Final = _counter(_LIVE_BYTES)
LIVE_DROPPED: Final = _counter(_LIVE_DROPPED)
LIVE_CATCH_UPS: Final = _counter(_LIVE_CATCH_UPS)


class Exposition:
    """What `/metrics` answers: the counters of this process, its vital signs, and where its worker stands.

    Args:
        membership: What the worker tells of itself.
        views: What it tells of its global views.
        clock: Now, in seconds since 1970.
    """

    def __init__(self, membership: Membership, views: LocalViews, clock: Callable[[], float]) -> None:
        self._scraped = CollectorRegistry()
        self._scraped.register(_WorkerCollector(membership, views, clock))
        ProcessCollector(registry=self._scraped)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(REGISTRY) + generate_latest(self._scraped)


class _WorkerCollector(Collector):
    """Reads gauges from the worker's own reports at scrape time."""

    def __init__(self, membership: Membership, views: LocalViews, clock: Callable[[], float]) -> None:
        self._membership = membership
        self._views = views
        self._clock = clock

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Say nothing up front, so that registering does not read the worker before it runs."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges as they are now."""
        yield _gauge(_BUILD, [((__version__,), 1)])
        phase = self._membership.phase()
        yield _gauge(_PHASE, [((each.value,), int(each is phase)) for each in Phase])
        yield _gauge(_OWNED, [((), len(self._membership.owned()))])
        yield from _view_gauges(self._views.reports())
        tasks = self._membership.tasks()
        yield from _source_gauges(tasks)
        yield from _task_gauges(tasks, self._clock())


def _view_gauges(views: list[ViewReport]) -> Iterator[GaugeMetricFamily]:
    yield _gauge(_VIEW_KEYS, [((view.topic,), view.keys) for view in views])
    yield _gauge(_VIEW_LAG, [((view.topic,), view.lag) for view in views])
    yield _gauge(_VIEW_TOLD_AGE, [((view.topic,), view.told_age_s) for view in views])


def _source_gauges(tasks: list[TaskReport]) -> Iterator[GaugeMetricFamily]:
    sources = [(_source_labels(task, source), source) for task in tasks for source in task.sources]
    yield _gauge(_POSITION, [(labels, source.position) for labels, source in sources])
    yield _gauge(_LAG, [(labels, source.lag) for labels, source in sources])


def _task_gauges(tasks: list[TaskReport], now_s: float) -> Iterator[GaugeMetricFamily]:
    yield _gauge(
        _TASK_STATE,
        [((*_task_labels(task), state.value), int(state is task.state)) for task in tasks for state in TaskState],
    )
    yield _gauge(
        _TASK_COMMIT_AGE,
        [((str(task.partition),), _commit_age_s(task, now_s)) for task in tasks if task.duty is Duty.OWNER],
    )
    yield _gauge(_TASK_RESTORE_DONE, [(_task_labels(task), task.restore.done) for task in tasks])
    yield _gauge(_TASK_RESTORE_TOTAL, [(_task_labels(task), task.restore.total) for task in tasks])


def _source_labels(task: TaskReport, source: SourceProgress) -> tuple[str, str]:
    return source.topic, str(task.partition)


def _task_labels(task: TaskReport) -> tuple[str, str]:
    return str(task.partition), task.duty.value


def _commit_age_s(task: TaskReport, now_s: float) -> float | None:
    return None if task.committed_ms is None else max(0.0, now_s - task.committed_ms / 1000)


def _gauge(metric: Metric, samples: list[tuple[tuple[str, ...], float | None]]) -> GaugeMetricFamily:
    """Return the family with the samples whose value is known."""
    family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, value in samples:
        if value is not None:
            family.add_metric(labels, value)
    return family
