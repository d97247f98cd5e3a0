"""Every private name of Faust, mode and aiokafka that the lane uses is still there: an upgrade fails here first."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import Assignment, SubscriptionState, TopicPartitionState
from faust import App
from faust.tables.manager import TableManager
from faust.topics import Topic
from faust.transport.consumer import Consumer
from faust.transport.drivers import aiokafka as driver

OVERRIDDEN = [
    (Topic, "_compile_decode", "batches would be decoded as records"),
    (Consumer, "_drain_messages", "records would be delivered one by one, by Faust's own loop"),
    (Consumer, "_commit", "Faust could commit offsets beside the tasks' transactions"),
    (Consumer, "_commit_tps", "Faust could commit offsets beside the tasks' transactions"),
    (Consumer, "force_commit", "Faust's commit timer would commit what streams have acknowledged"),
    (Consumer, "wait_empty", "a revoke would not commit what is handled"),
    (Consumer, "commit_and_end_transactions", "a stop would not commit what is handled"),
    (Consumer, "perform_seek", "Faust would seek behind the tasks' backs"),
    (Consumer, "on_buffer_full", "a full stream would take its partition out of the fetch"),
    (Consumer, "on_buffer_drop", "a full stream would take its partition out of the fetch"),
    (Consumer, "verify_event_path", "changelogs would be reported as stuck"),
    (driver.Consumer, "_new_consumer_thread", "the consumer would fetch before tasks are restored"),
    (driver.AIOKafkaConsumerThread, "_stopped_set", "a crash would end in a second traceback"),
    (driver.AIOKafkaConsumerThread, "_create_worker_consumer", "sources would be read uncommitted"),
    (driver.ConsumerRebalanceListener, "on_partitions_assigned", "the consumer would fetch before tasks are restored"),
    (TableManager, "on_partitions_revoked", "tasks would go on while their partitions move"),
    (TableManager, "on_rebalance", "tasks would never get a partition"),
    (TableManager, "wait_until_recovery_completed", "the app would wait for a recovery that never runs"),
]

CALLED = [
    (Consumer, "resume_partitions", "nothing would be delivered"),
    (Consumer, "resume_flow", "nothing would be delivered"),
    (TableManager, "_update_channels", "the group would not subscribe to changelogs"),
    (App, "_fetcher", "nothing would be delivered"),
    (Topic, "_create_event", "batches could not be put into streams"),
    (driver.AIOKafkaConsumerThread, "_ensure_consumer", "the consumer could not be reached"),
    (AIOKafkaConsumer, "pause", "the consumer would fetch before tasks are restored"),
    (GroupCoordinator, "check_errors", "a group that has come to an end would leave the worker hanging"),
    (Fetcher, "_notify", "batches could not be taken over"),
    (Fetcher, "_create_fetch_waiter", "a fetch could not be waited for"),
    (FetchResult, "check_assignment", "batches of another assignment could be taken over"),
    (FetchResult, "_update_position", "batches would be fetched again"),
    (PartitionRecords, "_consume_aborted_up_to", "aborted transactions would be handled"),
    (PartitionRecords, "_contains_abort_marker", "transactions after an aborted one would be left out"),
    (SubscriptionState, "fetch_context", "a busy consumer would be taken for an idle one and leave its group"),
    (SubscriptionState, "wait_for_assignment", "batches could be taken over in the middle of a rebalance"),
    (SubscriptionState, "is_assigned", "batches of another assignment could be taken over"),
    (Assignment, "state_value", "the end of a source would be unknown"),
]

ASSIGNED = [
    (Consumer, "__init__", ["_acked", "_acked_index", "_unacked_messages", "can_resume_flow", "suspend_flow"]),
    (TableManager, "__init__", ["_recovery_started"]),
    (AIOKafkaConsumer, "__init__", ["_isolation_level", "_fetch_max_wait_ms", "_closed", "_fetcher", "_subscription"]),
    (AIOKafkaConsumer, "start", ["_coordinator", "_fetcher"]),
    (Fetcher, "__init__", ["_records", "_subscriptions", "_wait_consume_future", "_closed"]),
    (FetchResult, "__init__", ["_partition_records"]),
    (PartitionRecords, "__init__", ["_records", "_check_crcs", "_isolation_level", "_aborted_producers"]),
    (TopicPartitionState, "__init__", ["lso", "timestamp"]),
]


@pytest.mark.parametrize(("owner", "name", "else_"), OVERRIDDEN + CALLED)
def test_a_method_that_the_lane_overrides_or_calls_is_there(owner: type, name: str, else_: str) -> None:
    assert hasattr(owner, name), f"{owner.__qualname__}.{name} is gone; without it {else_}"


@pytest.mark.parametrize(("owner", "method", "names"), ASSIGNED)
def test_an_attribute_that_the_lane_touches_is_set_where_it_was(owner: type, method: str, names: list[str]) -> None:
    source = inspect.getsource(getattr(owner, method))

    assert [name for name in names if f"self.{name}" not in source] == [], f"{owner.__qualname__} keeps them elsewhere"


@pytest.mark.parametrize(
    ("function", "says"),
    [
        # The isolation level and the long poll are set between these two.
        (AIOKafkaConsumer.start, "isolation_level=self._isolation_level"),
        (AIOKafkaConsumer.start, "fetch_max_wait_ms=self._fetch_max_wait_ms"),
        # Tasks are told of a revoke before anything is awaited.
        (App._on_partitions_revoked, "self.tables.on_partitions_revoked"),
        # The instance id is read when the consumer is made, after the state directory has been taken.
        (driver.AIOKafkaConsumerThread._create_worker_consumer, "group_instance_id=conf.consumer_group_instance_id"),
    ],
)
def test_faust_and_aiokafka_still_do_what_the_lane_builds_on(function: Callable[..., Any], says: str) -> None:
    assert says in inspect.getsource(function)
