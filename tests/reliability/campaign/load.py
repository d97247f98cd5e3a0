"""What a round sends: positions at a steady rate, none of them twice, every vehicle's in order."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

VEHICLES = 400
_CHUNKS_PER_S = 20


@dataclass(frozen=True)
class Load:
    """`rate_per_s` positions a second for `seconds`, from a fleet whose first fix is at `start_ms`."""

    start_ms: int
    seconds: int
    rate_per_s: int

    @property
    def positions(self) -> int:
        """How many positions it is."""
        return self.seconds * self.rate_per_s

    def records(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield key and value of every position."""
        for number in range(self.positions):
            fix, vehicle = divmod(number, VEHICLES)
            name = f"v-{vehicle}"
            position = {
                "vehicle_id": name,
                "time_ms": self.start_ms + fix,
                "lat": fix / 1e4,
                "lon": vehicle / 1e3,
            }
            yield name.encode(), json.dumps(position).encode()

    def fixes(self, vehicle: int) -> int:
        """Return how many positions a vehicle sends."""
        return len(range(vehicle, self.positions, VEHICLES))

    async def send(self, bootstrap: str) -> None:
        """Produce it in real time, idempotently."""
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=5)
        await producer.start()
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        chunk = self.rate_per_s // _CHUNKS_PER_S
        for number, (key, value) in enumerate(self.records()):
            if number % chunk == 0:
                await asyncio.sleep(max(0.0, began_s + number / self.rate_per_s - loop.time()))
            await producer.send("fleet.positions", value, key)
        await producer.stop()
