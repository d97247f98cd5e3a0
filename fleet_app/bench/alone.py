"""The job's function without an engine: dicts for tables, no Kafka, no disk.

Neighbours slow a core down even while they leave it alone, by its caches. This says by how much, and how much of the
time is the job's own.
"""

import time
from typing import Any, Final

import msgspec

from fleet_app.bench.job_a import KEEP_LAST
from fleet_app.bench.job_b import KEEP_MINUTES
from fleet_app.bench.load import JobName, fixes, vehicle_id
from fleet_app.stream.declarations import PlainRecord, Table, Topic

AGENTS: Final = {JobName.A: KEEP_LAST, JobName.B: KEEP_MINUTES}
_VEHICLES: Final = 2_500
_RECORDS: Final = 100_000


class Bare:
    """A task that is a few dicts."""

    partition = 0

    def __init__(self) -> None:
        self._tables: dict[str, dict[Any, Any]] = {}
        self._sent = 0

    def table(self, table: Table[Any, Any]) -> Any:  # noqa: ANN401 - a dict for any table
        """Return a dict."""
        return self._tables.setdefault(table.name, {})

    rows = table

    def send(self, _topic: Topic, _key: str, _value: msgspec.Struct | None) -> None:
        """Count it."""
        self._sent += 1


def job_alone(job: JobName, *, seed: int) -> float:
    """Return how many records per CPU-second the job's function handles on this thread, now."""
    task: Any = Bare()
    handle = AGENTS[job].bind(task)
    load = fixes(seed=seed, vehicles=_VEHICLES, records=_RECORDS)
    records = [PlainRecord(0, sent.time_ms, vehicle_id(sent.vehicle).encode(), sent.value) for sent in load]
    began_s = time.thread_time()
    for record in records:
        handle(record)
    return _RECORDS / (time.thread_time() - began_s)
