"""An open loop: every record is sent when its time has come, whether or not those before it have arrived.

Record `number` of a rate is due at a moment that follows from both, so that whoever watches knows it too. It carries
that moment as its `time_ms`: a sender that is behind makes records look old, not the system quick.
"""

import asyncio
import time
from array import array
from pathlib import Path
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaProducer

from fleet_app.bench.fill import partitions_of
from fleet_app.bench.fixes import RAW
from fleet_app.bench.load import vehicle_id

LINGER_MS: Final = 2
_MS_PER_S: Final = 1_000


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent when. Times are whole ms since 1970, so `rate` records a second come in `rate / 1000` at a time.

    Attributes:
        first_ms: When the first record is due.
        rate: Records per second.
        seconds: For how long.
        vehicles: They take turns.
    """

    first_ms: int
    rate: int
    seconds: int
    vehicles: int

    @property
    def records(self) -> int:
        """How many are sent."""
        return self.rate * self.seconds

    def due_ms(self, number: int) -> int:
        """Return when a record is due."""
        return self.first_ms + number * _MS_PER_S // self.rate

    def vehicle(self, number: int) -> int:
        """Return whose it is."""
        return number % self.vehicles

    def value(self, number: int) -> bytes:
        """Return what is sent."""
        vehicle, due_ms = self.vehicle(number), self.due_ms(number)
        lap = number // self.vehicles
        return (
            f'{{"vehicle_id":"{vehicle_id(vehicle)}","time_ms":{due_ms},"lat":{50 + lap * 0.0005:.6f},'
            f'"lon":{8 + vehicle * 0.0001:.6f},"speed_mps":11.25,"heading_deg":0.0,"accuracy_m":4,"satellites":9}}'
        ).encode()


class Lateness(msgspec.Struct, frozen=True):
    """By how much records were handed to the producer after they were due; one of every ten."""

    sent_s: list[float]
    late_ms: list[float]


def send_all(broker: str, schedule: Schedule, partitions: int, notes: Path) -> None:
    """Send a schedule, and note in `notes` how well it was kept. For a process of its own."""
    lateness = asyncio.run(_send_all(broker, schedule, partitions))
    notes.write_bytes(msgspec.json.encode(lateness))


async def _send_all(broker: str, schedule: Schedule, partitions: int) -> Lateness:
    home = partitions_of(schedule.vehicles, partitions)
    producer = AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=True, linger_ms=LINGER_MS)
    await producer.start()
    try:
        return await _keep(producer, schedule, home)
    finally:
        await producer.stop()


async def _keep(producer: AIOKafkaProducer, schedule: Schedule, home: list[int]) -> Lateness:
    sent_s, late_ms = array("d"), array("d")
    arriving: set[asyncio.Future[Any]] = set()
    for number in range(schedule.records):
        due_ms, vehicle = schedule.due_ms(number), schedule.vehicle(number)
        now_ms = time.time() * _MS_PER_S
        if now_ms < due_ms:
            await asyncio.sleep((due_ms - now_ms) / _MS_PER_S)
            now_ms = time.time() * _MS_PER_S
        if number % 10 == 0:
            sent_s.append(due_ms / _MS_PER_S)
            late_ms.append(now_ms - due_ms)
        acknowledged = await producer.send(
            RAW.name, schedule.value(number), vehicle_id(vehicle).encode(), partition=home[vehicle]
        )
        arriving.add(acknowledged)
        acknowledged.add_done_callback(arriving.discard)
    await asyncio.gather(*arriving)
    return Lateness(sent_s.tolist(), late_ms.tolist())
