"""Receive times as a test wants them: the times of a recording, and time that passes though nothing comes."""

import asyncio
import time
from typing import Final

from aiokafka import AIOKafkaProducer

from tests.support.groups import alter_topics

POSITIONS: Final = "fleet.positions"
_AHEAD_MS: Final = 50 * 60_000
"""As far as Kafka lets a sender be ahead of its clock, and ten minutes less."""


def keep_the_times_of_senders(bootstrap: str) -> None:
    """Let positions keep the times that their sender stamps them with, however long ago; workers must run already."""
    alter_topics(bootstrap, {POSITIONS: {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}})


def let_time_pass(bootstrap: str, partitions: int) -> None:
    """Let workers believe that most of an hour has passed, by a record in each partition that says nothing else.

    The positions must keep the times of their senders.
    """

    async def send() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
        await producer.start()
        try:
            now_ms = time.time_ns() // 1_000_000 + _AHEAD_MS
            for partition in range(partitions):
                await producer.send_and_wait(POSITIONS, b"time passes", None, partition, now_ms)
        finally:
            await producer.stop()

    asyncio.run(send())
