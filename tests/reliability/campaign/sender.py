"""Sends a load in real time, from a thread of its own, until told to stop."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaProducer

from tests.reliability.campaign.findings import UnjudgedError
from tests.reliability.campaign.subject import Sending

_CHUNKS_PER_S: Final = 50
_GIVES_UP_AFTER_S: Final = 120.0


class Sender:
    """A producer of `rate_per_s` records; idempotent: what it has sent is there once.

    Args:
        bootstrap: Its Kafka.
        records: The load, without an end.
        rate_per_s: How fast it goes.
        on_sent: Told, in the sender's thread, of each record that goes out.
    """

    def __init__(
        self, bootstrap: str, records: Iterator[Sending], rate_per_s: int, *, on_sent: Callable[[Sending], None]
    ) -> None:
        self._bootstrap = bootstrap
        self._records = records
        self._rate_per_s = rate_per_s
        self._on_sent = on_sent
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._error: Exception | None = None
        self.sent = 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more, and return when everything sent is in Kafka.

        Raises:
            UnjudgedError: It is not.
        """
        self._stop.set()
        self._thread.join(timeout=_GIVES_UP_AFTER_S)
        if self._thread.is_alive() or self._error is not None:
            raise UnjudgedError(f"the load could not be sent: {self._error!r}")

    def _run(self) -> None:
        try:
            asyncio.run(self._send())
        except Exception as error:  # noqa: BLE001 - told by `stop`
            self._error = error

    async def _send(self) -> None:
        async with _producer(self._bootstrap) as producer:
            began_s = time.monotonic()
            while not self._stop.is_set():
                due = int((time.monotonic() - began_s) * self._rate_per_s)
                while self.sent < due and not self._stop.is_set():
                    sending = next(self._records)
                    await send(producer, sending)
                    self._on_sent(sending)
                    self.sent += 1
                await asyncio.sleep(1 / _CHUNKS_PER_S)


def send_all(bootstrap: str, sendings: Iterable[Sending]) -> None:
    """Send records, and return when they are in Kafka."""

    async def send_each() -> None:
        async with _producer(bootstrap) as producer:
            for sending in sendings:
                await send(producer, sending)

    asyncio.run(send_each())


@asynccontextmanager
async def _producer(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    """Give a producer; afterwards everything that it was given is in Kafka."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        enable_idempotence=True,
        linger_ms=5,
        request_timeout_ms=int(_GIVES_UP_AFTER_S * 1000),
    )
    await producer.start()
    try:
        yield producer
        await producer.flush()
    finally:
        await producer.stop()


async def send(producer: AIOKafkaProducer, sending: Sending) -> None:
    """Hand a record over to a producer."""
    topic, key, value, headers, partition, timestamp_ms = sending
    await producer.send(topic, value, key, partition, timestamp_ms, headers=headers)
