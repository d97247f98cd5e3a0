"""A fleet that reports all the time: positions made beforehand, each on `fleet.positions` when its time has come.

A position's `time_ms` is the moment at which it is due, so whoever sees it knows how old it is: a sender that is behind
makes positions look old, not the system quick.
"""

import asyncio
import multiprocessing
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from multiprocessing.connection import Connection
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaProducer

from fleet_app.bench.drives import Fleet, Reported, drives
from fleet_app.bench.fill import BATCH_BYTES, partitions_of
from fleet_app.bench.load import vehicle_id
from fleet_app.errors import WorkerError
from fleet_app.topics import POSITIONS

TICK_MS: Final = 10
"""Positions of one such interval are sent together, at its end."""
_STARTS_WITHIN_S: Final = 120.0
_ENDS_WITHIN_S: Final = 180.0


class Streaming(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent.

    Attributes:
        vehicles: How many report, in turns.
        interval_s: How often each does.
        seconds: For how long.
        seed: The same seed makes the same drives.
    """

    vehicles: int
    interval_s: int
    seconds: int
    seed: int

    @property
    def rate(self) -> float:
        """Positions per second."""
        return self.vehicles / self.interval_s


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How well a sender kept its time: by how much each interval's positions were handed over after its end."""

    due_s: list[float]
    late_ms: list[float]


class Sent(msgspec.Struct, frozen=True):
    """Positions of one interval: their numbers in time, and for each partition keys and values in order."""

    due_ms: int
    records: dict[int, list[tuple[int, bytes, bytes]]]


def intervals(reported: Iterator[Reported], home: Sequence[int]) -> Iterator[Sent]:
    """Put positions together by the interval they fall into; `time_ms` counts from the start."""
    for tick, group in groupby(reported, lambda each: each.time_ms // TICK_MS):
        records: dict[int, list[tuple[int, bytes, bytes]]] = {}
        for each in group:
            key = vehicle_id(each.vehicle).encode()
            records.setdefault(home[each.vehicle], []).append((each.time_ms, key, each.value))
        yield Sent((tick + 1) * TICK_MS, records)


def _send(broker: str, streaming: Streaming, partitions: int, told: Connection) -> None:
    kept = asyncio.run(_send_all(broker, streaming, partitions, told))
    told.send_bytes(msgspec.msgpack.encode(kept))


async def _send_all(broker: str, streaming: Streaming, partitions: int, told: Connection) -> Kept:
    # Made in time: a value costs more than to send it. The start is known only then, so that times are made to fit.
    lead_s = 5.0 + streaming.rate * streaming.seconds * 40e-6
    first_ms = (int(time.time() + lead_s) + 1) * 1_000
    fleet = Fleet(
        vehicles=streaming.vehicles,
        fixes=streaming.seconds // streaming.interval_s,
        interval_s=streaming.interval_s,
        first_ms=first_ms,
        seed=streaming.seed,
    )
    sent = list(intervals(drives(fleet), partitions_of(streaming.vehicles, partitions)))
    producer = AIOKafkaProducer(
        bootstrap_servers=broker, enable_idempotence=True, linger_ms=0, max_batch_size=BATCH_BYTES
    )
    await producer.start()
    try:
        told.send_bytes(msgspec.msgpack.encode(first_ms))
        return await _keep(producer, sent)
    finally:
        await producer.stop()


async def _keep(producer: AIOKafkaProducer, sent: Sequence[Sent]) -> Kept:
    due_s, late_ms = array("d"), array("d")
    arriving: set[asyncio.Future[Any]] = set()
    for interval in sent:
        now_ms = time.time() * 1_000
        if now_ms < interval.due_ms:
            await asyncio.sleep((interval.due_ms - now_ms) / 1_000)
            now_ms = time.time() * 1_000
        due_s.append(interval.due_ms / 1_000)
        late_ms.append(now_ms - interval.due_ms)
        for partition, records in interval.records.items():
            acknowledged = await _append(producer, partition, records)
            arriving.add(acknowledged)
            acknowledged.add_done_callback(arriving.discard)
    await asyncio.gather(*arriving)
    return Kept(due_s=due_s.tolist(), late_ms=late_ms.tolist())


async def _append(
    producer: AIOKafkaProducer, partition: int, records: list[tuple[int, bytes, bytes]]
) -> asyncio.Future[Any]:
    batch = producer.create_batch()
    for time_ms, key, value in records:
        batch.append(timestamp=time_ms, key=key, value=value)
    acknowledged: asyncio.Future[Any] = await producer.send_batch(batch, POSITIONS.name, partition=partition)
    return acknowledged


class Sender:
    """A process that sends.

    Attributes:
        pid: The process.
        first_ms: When the first position is due, ms since 1970; known once `wait` has returned.
    """

    def __init__(self, broker: str, streaming: Streaming, partitions: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._hears, tells = context.Pipe(duplex=False)
        self._process = context.Process(target=_send, args=(broker, streaming, partitions, tells), daemon=True)
        self._process.start()
        tells.close()
        self.pid = self._process.pid or 0
        self.first_ms = 0

    def wait(self) -> None:
        """Return once all positions are made.

        Raises:
            WorkerError: It ended before.
        """
        self.first_ms = self._hear(int, _STARTS_WITHIN_S)

    def result(self) -> Kept:
        """Return how well it kept its time, once all positions are sent.

        Raises:
            WorkerError: It ended before.
        """
        kept: Kept = self._hear(Kept, _ENDS_WITHIN_S)
        self._process.join(_ENDS_WITHIN_S)
        return kept

    def _hear(self, kind: type[Any], within_s: float) -> Any:  # noqa: ANN401 - of the kind asked for
        if not self._hears.poll(within_s):
            raise WorkerError(f"the sender is not heard of for {within_s:g} s")
        try:
            return msgspec.msgpack.decode(self._hears.recv_bytes(), type=kind)
        except EOFError as error:
            raise WorkerError("the sender ended too early; its log is above") from error

    def end(self) -> None:
        """End it if it still runs."""
        self._process.kill()
        self._process.join()


@contextmanager
def sender(broker: str, streaming: Streaming, partitions: int) -> Iterator[Sender]:
    """Give a sender, which begins some seconds later."""
    sending = Sender(broker, streaming, partitions)
    try:
        yield sending
    finally:
        sending.end()
