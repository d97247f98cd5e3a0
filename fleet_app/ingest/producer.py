"""The way into the topics that doors write: one idempotent producer that every door of a process shares."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, Final, Protocol

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from fleet_app.errors import BrokerError, TopicsError
from fleet_app.kafka_connection import client_options
from fleet_app.settings import Settings
from fleet_app.topics import POSITIONS

logger = logging.getLogger(__name__)

_BATCH_BYTES: Final = 131_072
_RECONNECT_S: Final = 0.5
_STOP_S: Final = 5.0
_RECORDS_BETWEEN_PAUSES: Final = 500
"""Queueing a record takes about 10 µs; after this many, whoever shares the event loop gets a turn."""


class Placed(msgspec.Struct, frozen=True, gc=False):
    """Where a record stands in Kafka, acknowledged by all in-sync replicas."""

    partition: int
    offset: int


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """A record on its way to a topic: whose it is, its value as JSON, and its headers."""

    key: str
    value: bytes | None
    topic: str = POSITIONS.name
    headers: tuple[tuple[str, bytes], ...] = ()


class Sender(Protocol):
    """Where doors put records."""

    async def send_all(self, records: Iterable[Outgoing]) -> list[Placed]:
        """Append the records and return where each stands.

        Raises:
            BrokerError: Kafka did not confirm all of them in time. Some may stand in their topic, or still arrive.
        """


class DoorProducer:
    """Appends records to topics, in the order given for each key of a topic.

    Idempotent: what the client retries by itself is written once. No call hangs: without a confirmation in
    `delivery_timeout_s` it raises. A producer that Kafka refused is replaced by a new one at the next call, because
    an idempotent one never gets past a batch it lost.

    Args:
        settings: How to reach Kafka, and how long to wait for it at start.
        delivery_timeout_s: How long a call may take.
    """

    def __init__(self, settings: Settings, *, delivery_timeout_s: float = 10.0) -> None:
        self._settings = settings
        self._delivery_timeout_s = delivery_timeout_s
        self._started = False
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()

    async def start(self) -> None:
        """Connect, and wait for Kafka as long as the settings say.

        Raises:
            BrokerError: Kafka cannot be reached.
            TopicsError: It has no `fleet.positions`.
        """
        wait_s = self._settings.broker_wait_s
        problem = "no answer"
        try:
            async with asyncio.timeout(wait_s):
                while True:
                    try:
                        await self._connected()
                    except KafkaError as error:
                        problem = str(error)
                        await asyncio.sleep(_RECONNECT_S)
                    else:
                        break
        except TimeoutError as error:
            raise BrokerError(
                f"Kafka at {self._settings.broker} cannot be reached within {wait_s:g} s ({problem}): "
                "start one with `fleet broker start`, or set FLEET_BROKER"
            ) from error
        self._started = True

    async def stop(self) -> None:
        """Deliver what is queued, as far as Kafka takes it within a few seconds, and disconnect."""
        self._started = False
        await self._drop_connection()

    async def send(self, vehicle_id: str, value: bytes) -> Placed:
        """Append one position and return where it stands.

        Raises:
            BrokerError: As for `send_all`.
        """
        (placed,) = await self.send_all([Outgoing(vehicle_id, value)])
        return placed

    async def send_all(self, records: Iterable[Outgoing]) -> list[Placed]:
        """Append the records and return where each stands.

        Raises:
            BrokerError: Kafka did not confirm all of them in time, or refused one, or the producer is not started.
                Some may stand in their topic, or still arrive.
        """
        if not self._started:
            raise BrokerError(f"not connected to Kafka at {self._settings.broker} yet: try again in a moment")
        confirmations: list[asyncio.Future[Any]] = []
        try:
            async with asyncio.timeout(self._delivery_timeout_s):
                producer = await self._connected()
                for count, record in enumerate(records, 1):
                    key = record.key.encode()
                    headers = [*record.headers]  # aiokafka takes no tuple.
                    confirmations.append(await producer.send(record.topic, record.value, key, headers=headers))
                    if count % _RECORDS_BETWEEN_PAUSES == 0:
                        await asyncio.sleep(0)
                # One after the other: gathering costs a callback each, which for thousands holds the event loop.
                return [Placed(written.partition, written.offset) for written in [await one for one in confirmations]]
        except TimeoutError as error:
            raise BrokerError(
                f"Kafka at {self._settings.broker} did not confirm within {self._delivery_timeout_s:g} s: some of "
                "what was sent may be written, or arrive later; send it again, repeats are recognised"
            ) from error
        except KafkaError as error:
            await self._drop_connection()
            raise BrokerError(
                f"Kafka at {self._settings.broker} did not take all of what was sent ({error}): send it again, "
                "repeats are recognised"
            ) from error
        finally:
            _forget(confirmations)

    async def _connected(self) -> AIOKafkaProducer:
        """Return the producer, a new one if there is none."""
        async with self._connecting:
            if self._producer is None:
                self._producer = await _connect(self._settings)
            return self._producer

    async def _drop_connection(self) -> None:
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await _close(producer)


def _forget(confirmations: Iterable[asyncio.Future[Any]]) -> None:
    """Give up those still open, and look at the failed, which asyncio would complain about otherwise."""
    for confirmation in confirmations:
        if not confirmation.cancel() and not confirmation.cancelled():
            confirmation.exception()


async def _connect(settings: Settings) -> AIOKafkaProducer:
    """Return a started producer whose cluster has the topic.

    Raises:
        KafkaError: Kafka cannot be reached.
        TopicsError: It has no `fleet.positions`.
    """
    producer = AIOKafkaProducer(
        **client_options(settings),
        client_id=f"{settings.app_id}-doors",
        acks="all",
        enable_idempotence=True,
        max_batch_size=_BATCH_BYTES,
    )
    try:
        await producer.start()
        topics = (await producer.client.fetch_all_metadata()).topics()
    except BaseException:
        await _close(producer)
        raise
    if POSITIONS.name not in topics:
        await _close(producer)
        raise TopicsError(
            f"Kafka at {settings.broker} has no topic {POSITIONS.name}: start a worker, or run `fleet topics create`"
        )
    return producer


async def _close(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(_STOP_S):
            await producer.stop()
    except TimeoutError:
        logger.warning("Kafka did not confirm everything within %g s of stopping; what is left is dropped", _STOP_S)
        producer._sender.sender_task.cancel()  # noqa: SLF001 - stop() itself waits for Kafka without a limit
        await producer.client.close()
