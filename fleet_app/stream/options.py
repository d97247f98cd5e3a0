"""What the engine needs to know; `fleet_app.app` fills it from the settings."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from faust.types.auth import CredentialsT

from fleet_app.stream.declarations import GlobalView, Topic


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine needs to know. Times are in seconds.

    Attributes:
        app_id: The consumer group, and the first part of every name in Kafka.
        broker: Kafka's servers, as Faust is told; `credentials` go with it, None for a plain connection.
        client_options: The same as aiokafka's keyword arguments: servers, TLS and SASL.
        url: How other workers reach this one.
        state_dir: The worker's own folder.
        dead_letter_limit: Whether a worker stops when too many records of a partition fail.
        fail_at: Where a test lets the worker die, as in `FLEET_FAIL_AT`.
        configure_logging: Called before anything is told.
        further_topics: Topics that the rest of the worker needs, beside those that agents name.
        further_views: Global views that the rest of the worker needs, beside those that agents look at.
    """

    app_id: str
    broker: str
    credentials: CredentialsT | None
    client_options: Mapping[str, Any]
    partitions: int
    replication: int
    standbys: int
    url: str
    state_dir: Path
    session_timeout_s: float
    heartbeat_s: float
    commit_interval_s: float
    configure_logging: Callable[[], None]
    dead_letter_limit: bool = True
    fail_at: str | None = None
    further_topics: tuple[Topic, ...] = ()
    further_views: tuple[GlobalView[Any, Any], ...] = ()
