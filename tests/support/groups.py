"""What an operator does to consumer groups and topics by hand."""

import asyncio
from collections.abc import Mapping
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import CommitFailedError, for_code
from aiokafka.protocol.admin import DeleteGroupsRequest

_TRIES: Final = 100
_RETRY_S: Final = 0.1
_GROUP_IS_NOT_EMPTY: Final = 68
_DONE: Final = 0


def move_offsets(bootstrap: str, group_id: str, offsets: Mapping[tuple[str, int], int]) -> None:
    """Commit offsets for a group whose members have ended; waits until the broker has given them up."""

    async def move() -> None:
        consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group_id, enable_auto_commit=False)
        await consumer.start()
        try:
            new = {TopicPartition(*place): offset for place, offset in offsets.items()}
            consumer.assign([*new])
            for _ in range(_TRIES):
                try:
                    await consumer.commit(new)
                except CommitFailedError:
                    await asyncio.sleep(_RETRY_S)
                else:
                    return
            raise AssertionError(f"group {group_id} keeps its members")
        finally:
            await consumer.stop()

    asyncio.run(move())


def delete_group(bootstrap: str, group_id: str) -> None:
    """Delete a group whose members have ended; waits until the broker has given them up."""

    async def delete() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await client.start()
        try:
            coordinator = await client.find_coordinator(group_id)
            for _ in range(_TRIES):
                answer = await client._send_request(DeleteGroupsRequest([group_id]), coordinator)
                ((_, code),) = answer.results
                if code != _GROUP_IS_NOT_EMPTY:
                    assert code == _DONE, for_code(code)
                    return
                await asyncio.sleep(_RETRY_S)
            raise AssertionError(f"group {group_id} keeps its members")
        finally:
            await client.close()

    asyncio.run(delete())


def alter_topics(bootstrap: str, configs: Mapping[str, Mapping[str, str]]) -> None:
    """Replace what topics are set to; whatever is not named goes back to the broker's default."""

    async def alter() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await client.start()
        try:
            resources = [
                ConfigResource(ConfigResourceType.TOPIC, name, dict(config)) for name, config in configs.items()
            ]
            for response in await client.alter_configs(resources):
                errors = [for_code(row[0]) for row in response.resources if row[0]]
                assert not errors, errors
        finally:
            await client.close()

    asyncio.run(alter())
