"""Every metric: name, kind, labels, and what it counts. `docs/api.md` shows this list; a test compares them.

Counters are bumped where things happen; gauges about partitions are read from the worker's own view of the
group when somebody scrapes. The registry is this app's own: no library adds to it unasked.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from fleet_app import __version__
from fleet_app.stream.reads import Membership, PartitionProgress, Phase

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
    name="fleet_worker_partitions_owned", kind=Kind.GAUGE, help="Partitions this worker owns by the last assignment."
)
_POSITION: Final = Metric(
    name="fleet_source_position",
    kind=Kind.GAUGE,
    labels=("topic", "partition"),
    help="Next offset to be read from an owned source partition.",
)
_LAG: Final = Metric(
    name="fleet_source_lag_records",
    kind=Kind.GAUGE,
    labels=("topic", "partition"),
    help="Records of an owned source partition that wait to be read, up to the end of the log.",
)

METRICS: Final = (
    _POSITIONS_ACCEPTED,
    _POSITIONS_REFUSED,
    _DOOR_POSITIONS,
    _HTTP_REQUESTS,
    _HTTP_SECONDS,
    _BUILD,
    _PHASE,
    _OWNED,
    _POSITION,
    _LAG,
)


def _counter(metric: Metric) -> Counter:
    return Counter(metric.name, metric.help, metric.labels, registry=REGISTRY)


POSITIONS_ACCEPTED: Final = _counter(_POSITIONS_ACCEPTED)
POSITIONS_REFUSED: Final = _counter(_POSITIONS_REFUSED)
DOOR_POSITIONS: Final = _counter(_DOOR_POSITIONS)
HTTP_REQUESTS: Final = _counter(_HTTP_REQUESTS)
HTTP_SECONDS: Final = Histogram(_HTTP_SECONDS.name, _HTTP_SECONDS.help, _HTTP_SECONDS.labels, registry=REGISTRY)


class Exposition:
    """What `/metrics` answers: the counters of this process, its vital signs, and where its worker stands."""

    def __init__(self, membership: Membership) -> None:
        self._scraped = CollectorRegistry()
        self._scraped.register(_MembershipCollector(membership))
        ProcessCollector(registry=self._scraped)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(REGISTRY) + generate_latest(self._scraped)


class _MembershipCollector(Collector):
    """Reads gauges from the worker's view of the group at scrape time."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Say nothing up front, so that registering does not read the worker before it runs."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges as they are now."""
        progress = self._membership.progress()
        yield _gauge(_BUILD, [((__version__,), 1)])
        phase = self._membership.phase()
        yield _gauge(_PHASE, [((each.value,), int(each is phase)) for each in Phase])
        yield _gauge(_OWNED, [((), len(self._membership.owned()))])
        yield _gauge(_POSITION, [(_labels(each), each.position) for each in progress])
        yield _gauge(_LAG, [(_labels(each), each.lag) for each in progress])


def _labels(progress: PartitionProgress) -> tuple[str, ...]:
    return progress.topic, str(progress.partition)


def _gauge(metric: Metric, samples: list[tuple[tuple[str, ...], int | None]]) -> GaugeMetricFamily:
    """Return the family with the samples whose value is known."""
    family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, value in samples:
        if value is not None:
            family.add_metric(labels, value)
    return family
