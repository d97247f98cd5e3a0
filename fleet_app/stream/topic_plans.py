"""The topics an app needs, made and checked in Kafka before anything subscribes.

Faust's own declaration of topics is off: at a first start it races with the assignor, which then hands out a
source without its changelog.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError, TopicAlreadyExistsError, for_code

from fleet_app.errors import BrokerError, TopicsError
from fleet_app.stream.declarations import Cleanup, Table, Topic
from fleet_app.stream.engine.catch_up import TOMBSTONES_KEPT_MS
from fleet_app.stream.naming import changelog_name

logger = logging.getLogger(__name__)

_METADATA_WAIT_S: Final = 30.0
_POLL_S: Final = 0.1
_CHECKED: Final = ("cleanup.policy", "message.timestamp.type")
"""Settings that change what the app means; others are the operator's to tune."""
_TOMBSTONES: Final = "delete.retention.ms"


class TopicPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A topic as it is to be created. `config` holds Kafka's own names and values."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


def topic_plan(topic: Topic, partitions: int, replication: int) -> TopicPlan:
    """Return how a declared topic is created."""
    config = {
        "cleanup.policy": topic.cleanup.value,
        "message.timestamp.type": "LogAppendTime" if topic.log_append_time else "CreateTime",
        "max.message.bytes": str(topic.max_message_bytes),
    }
    if topic.retention_s is not None:
        config["retention.ms"] = str(topic.retention_s * 1000)
    return TopicPlan(name=topic.name, partitions=partitions, replication=replication, config=config)


def changelog_plan(app_id: str, table: Table[Any, Any], partitions: int, replication: int) -> TopicPlan:
    """Return how the changelog of a table is created: compacted, in small segments so that compaction keeps up.

    Rows that expire also leave by age.
    """
    cleanup = Cleanup.COMPACT if table.retention_s is None else Cleanup.COMPACT_AND_DELETE
    config = {
        "cleanup.policy": cleanup.value,
        "message.timestamp.type": "CreateTime",
        "segment.bytes": str(64 * 1024 * 1024),
        _TOMBSTONES: str(TOMBSTONES_KEPT_MS),
    }
    if table.retention_s is not None:
        config["retention.ms"] = str(table.retention_s * 1000)
    return TopicPlan(
        name=changelog_name(app_id, table.name), partitions=partitions, replication=replication, config=config
    )


async def connect(client_options: Mapping[str, Any], *, wait_s: float) -> AIOKafkaAdminClient:
    """Return a started admin client, trying for `wait_s` seconds.

    Raises:
        BrokerError: Kafka did not answer in that time.
    """
    servers = client_options["bootstrap_servers"]
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    told = False
    while True:
        client = AIOKafkaAdminClient(**client_options, request_timeout_ms=10_000)
        try:
            await client.start()
        except (KafkaError, OSError) as error:
            await client.close()
            if loop.time() >= deadline:
                raise BrokerError(
                    f"Kafka at {servers} did not answer within {wait_s:g} s ({error}); "
                    "start it (`fleet broker start` for a local one) or set FLEET_BROKER"
                ) from error
            if not told:
                logger.warning("waiting up to %g s for Kafka at %s", wait_s, servers)
                told = True
            await asyncio.sleep(min(1.0, wait_s / 10))
        else:
            return client


@asynccontextmanager
async def connected(client_options: Mapping[str, Any], *, wait_s: float) -> AsyncIterator[AIOKafkaAdminClient]:
    """Give what `connect` returns, and close it afterwards.

    Raises:
        BrokerError: As for `connect`.
    """
    client = await connect(client_options, wait_s=wait_s)
    try:
        yield client
    finally:
        await client.close()


async def wait_for_coordinator(client: AIOKafkaAdminClient, group_id: str) -> None:
    """Return once the brokers can coordinate a group. A new Kafka makes the topic for it at the first question.

    Raises:
        BrokerError: They cannot within half a minute.
    """
    deadline = asyncio.get_running_loop().time() + _METADATA_WAIT_S
    while True:
        try:
            await client.find_coordinator(group_id)
        except GroupCoordinatorNotAvailableError as error:
            if asyncio.get_running_loop().time() > deadline:
                raise BrokerError(
                    f"Kafka has no coordinator for group {group_id} after {_METADATA_WAIT_S:g} s"
                ) from error
            await asyncio.sleep(_POLL_S)
        else:
            return


async def ensure_topics(client: AIOKafkaAdminClient, plans: Sequence[TopicPlan]) -> list[str]:
    """Create what is missing, check what exists, and wait until the brokers know all of it.

    Returns:
        The names of the topics that were created.

    Raises:
        TopicsError: A topic exists with another partition count, or with settings that change its meaning.
    """
    existing = set(await client.list_topics())
    created = [plan.name for plan in plans if plan.name not in existing and await _create(client, plan)]
    await _wait_for_metadata(client, plans)
    await check_topics(client, plans)
    return created


async def check_topics(client: AIOKafkaAdminClient, plans: Sequence[TopicPlan]) -> None:
    """Return if every topic exists and fits its plan.

    Raises:
        TopicsError: One is missing or does not fit; all of them are named.
    """
    problems = await find_problems(client, plans)
    if problems:
        raise TopicsError("topics do not fit:\n" + "\n".join(f"  {problem}" for problem in problems))


async def _create(client: AIOKafkaAdminClient, plan: TopicPlan) -> bool:
    """Create a topic and return True, or False if another worker was quicker: what it made is checked afterwards."""
    topic = NewTopic(plan.name, plan.partitions, plan.replication, topic_configs=dict(plan.config))
    response = await client.create_topics([topic])
    for name, code, *rest in response.topic_errors:
        error = for_code(code)
        if error is TopicAlreadyExistsError:
            return False
        if code:
            raise TopicsError(f"topic {name} cannot be created: {error.__name__} {' '.join(map(str, rest))}".rstrip())
    return True


async def _wait_for_metadata(client: AIOKafkaAdminClient, plans: Sequence[TopicPlan]) -> None:
    names = [plan.name for plan in plans]
    deadline = asyncio.get_running_loop().time() + _METADATA_WAIT_S
    while True:
        described = await client.describe_topics(names)
        waiting = [topic["topic"] for topic in described if not _is_ready(topic)]
        if not waiting:
            return
        if asyncio.get_running_loop().time() > deadline:
            raise TopicsError(f"no leader within {_METADATA_WAIT_S:g} s for {', '.join(sorted(waiting))}")
        await asyncio.sleep(_POLL_S)


def _is_ready(topic: Mapping[str, Any]) -> bool:
    if topic["error_code"]:
        return False
    return all(not partition["error_code"] and partition["leader"] >= 0 for partition in topic["partitions"])


async def find_problems(client: AIOKafkaAdminClient, plans: Sequence[TopicPlan]) -> list[str]:
    """Return a sentence for every topic that is missing or does not fit its plan."""
    described = {topic["topic"]: topic for topic in await client.describe_topics([plan.name for plan in plans])}
    present = [plan for plan in plans if not described[plan.name]["error_code"]]
    configs = await _configs(client, [plan.name for plan in present])
    problems = [f"{plan.name}: missing; create it with `fleet topics create`" for plan in plans if plan not in present]
    for plan in present:
        problems.extend(_differences(plan, len(described[plan.name]["partitions"]), configs[plan.name]))
    return problems


def _differences(plan: TopicPlan, partitions: int, config: Mapping[str, str]) -> Iterable[str]:
    if partitions != plan.partitions:
        yield (
            f"{plan.name}: has {partitions} partitions, the app is set to {plan.partitions}; set FLEET_PARTITIONS to "
            "what the topics have, or start with an empty Kafka (the count cannot change while there is state)"
        )
    wanted_ms, found_ms = int(plan.config.get(_TOMBSTONES, 0)), int(config.get(_TOMBSTONES, 0))
    if found_ms < wanted_ms:
        yield (
            f"{plan.name}: {_TOMBSTONES} is {found_ms}, it must be {wanted_ms} at least, or what was deleted may come "
            "back with a worker that was away; change it with kafka-configs.sh --alter"
        )
    for name in _CHECKED:
        wanted, found = _as_set(plan.config[name]), _as_set(config.get(name, ""))
        if wanted != found:
            yield (
                f"{plan.name}: {name} is {config.get(name)!r}, it must be {plan.config[name]!r}; change it with "
                "kafka-configs.sh --alter"
            )


def _as_set(value: str) -> frozenset[str]:
    return frozenset(value.split(","))


async def _configs(client: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str]] = {}
    for response in await client.describe_configs(resources):
        for _error_code, _error, _kind, name, entries in response.resources:
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found
