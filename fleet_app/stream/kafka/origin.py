"""Which cluster this is, and which incarnations of its topics.

A topic that was deleted and created again has the same name and offsets that start anew, but another id. aiokafka asks
for metadata in a version that knows no ids, so a newer one is spelled out here.
"""

import asyncio
from collections.abc import Collection, Mapping
from io import BytesIO
from typing import Any, Final

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from fleet_app.errors import BrokerError

_TIMEOUT_S: Final = 20.0
_RETRY_S: Final = 0.1
_NO_ID: Final = bytes(16)


async def read_origins(client_options: Mapping[str, Any], topics: Collection[str]) -> dict[str, str]:
    """Return which incarnation of each topic Kafka has: its id, and that of the cluster.

    Waits a while for topics that the broker asked has not heard of yet.

    Raises:
        BrokerError: Kafka does not answer, is older than 3.1, or a topic does not exist.
    """
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            cluster_id, ids = await _ask(client_options, sorted(topics))
    except TimeoutError as error:
        raise BrokerError(
            f"Kafka has not told the ids of {', '.join(sorted(topics))} within {_TIMEOUT_S:g} s; do the topics exist?"
        ) from error
    except (KafkaError, NotImplementedError) as error:
        raise BrokerError(f"Kafka does not tell the ids of its topics: {error!r}; it must be 3.1 or newer") from error
    return {topic: f"{cluster_id}/{topic_id.hex()}" for topic, topic_id in ids.items()}


class _Uuid(AbstractType[bytes]):  # type: ignore[misc] # aiokafka has no types
    """Sixteen bytes."""

    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        return data.read(16)


class _MetadataResponse(Response):  # type: ignore[misc] # as above
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString("utf-8")),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _MetadataRequestStruct(RequestStruct):  # type: ignore[misc] # as above
    API_KEY = 3
    API_VERSION = 12
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _MetadataResponse
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(("topic_id", _Uuid), ("name", CompactString("utf-8")), ("tags", TaggedFields)),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _MetadataRequest(Request[_MetadataRequestStruct]):  # type: ignore[misc] # as above
    API_KEY = 3

    def __init__(self, topics: Collection[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_MetadataRequestStruct]) -> _MetadataRequestStruct:
        return request_struct_class([(_NO_ID, topic, {}) for topic in self._topics], False, False, {})  # noqa: FBT003 - the protocol has no names


async def _ask(client_options: Mapping[str, Any], topics: list[str]) -> tuple[str, dict[str, bytes]]:
    """Return the cluster's id and the topics' ids."""
    client = AIOKafkaClient(**client_options)
    try:
        await client.bootstrap()
        while True:
            answer = await client.send(client.get_random_node(), _MetadataRequest(topics))
            ids = {topic[1]: topic[2] for topic in answer.topics if topic[2] != _NO_ID}
            if len(ids) == len(topics):
                return answer.cluster_id, ids
            await asyncio.sleep(_RETRY_S)
    finally:
        await client.close()
