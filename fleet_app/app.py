"""The one place where the parts meet."""

import time
from functools import partial
from secrets import token_hex, token_urlsafe
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from agents.keep_api_keys import KEEP_API_KEYS
from agents.keep_geofences import KEEP_GEOFENCES
from agents.keep_vehicle_profiles import KEEP_VEHICLE_PROFILES
from agents.track_positions import track_positions
from fleet_app import topics
from fleet_app.domain.position import ArrivalRules
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle_class import LIMITS
from fleet_app.global_views import API_KEYS
from fleet_app.http.server import WebServer
from fleet_app.ingest.addressees import Addressees, fleet_now
from fleet_app.ingest.geofences import geofences_router
from fleet_app.ingest.http import positions_router
from fleet_app.ingest.keys import Keys, keyring_now, keys_router
from fleet_app.ingest.osmand.routes import osmand_router
from fleet_app.ingest.producer import DoorProducer, Outgoing, Sender
from fleet_app.ingest.profiles import profiles_router
from fleet_app.ingest.vehicles import vehicles_router
from fleet_app.kafka_connection import client_options, faust_credentials
from fleet_app.live.feed import Feed
from fleet_app.live.follower import follow_kafka
from fleet_app.live.routes import live_router
from fleet_app.live.tokens import TokenSeal
from fleet_app.logs import configure_logging
from fleet_app.settings import Settings
from fleet_app.stream.declarations import Agent
from fleet_app.stream.faust_app import Options, StreamApp
from fleet_app.stream.lane.engine import SystemClock
from fleet_app.stream.services import ServiceOf, TopicsReady
from fleet_app.web.application import create_web

_SECRET_BYTES: Final = 32
"""So many that no slow hash is called for to keep what is made of them."""


def create_app(settings: Settings) -> StreamApp:
    """Return the application, nothing opened yet."""
    app = StreamApp(fleet_options(settings), create_agents(settings))
    door = DoorProducer(settings)
    addressees = Addressees(app.views, settings.unknown_devices)
    clock = SystemClock()
    feed = Feed(
        partial(
            follow_kafka,
            client_options(settings),
            partitions=settings.partitions,
            views=app.views,
            clock=clock,
        ),
        clock,
        TokenSeal("" if settings.cluster_secret is None else settings.cluster_secret.get_secret_value()),
    )
    web = create_web(
        settings,
        rules=fix_rules(settings),
        tables=app.held_tables,
        membership=app.membership,
        views=app.views,
        routers=[
            positions_router(door, addressees),
            osmand_router(door, addressees),
            geofences_router(door, new_id),
            profiles_router(door, new_id, partial(fleet_now, app.views)),
            vehicles_router(door, new_id),
            keys_router(door, new_id, Keys(partial(keyring_now, app.views), new_secret, time.time)),
            live_router(feed),
        ],
        audit=partial(keep_audit_entry, door),
        clock=time.time,
    )
    topics = TopicsReady(
        client_options(settings), app.topic_plans(), group_id=settings.app_id, wait_s=settings.broker_wait_s
    )
    server = WebServer(web, settings)
    # The web server first: health can be asked from the first second on.
    app.services_before_kafka = [ServiceOf(server), ServiceOf(feed), ServiceOf(topics), ServiceOf(door)]
    return app


def create_agents(settings: Settings) -> tuple[Agent, ...]:
    """Return every agent, with the rules that the settings give it."""
    tracking = track_positions(
        arrival_rules(settings),
        fix_rules(settings),
        unknown=settings.unknown_devices,
        retired_after_ms=None if settings.vehicle_ttl_d is None else int(settings.vehicle_ttl_d * 86_400_000),
    )
    return tracking, KEEP_GEOFENCES, KEEP_VEHICLE_PROFILES, KEEP_API_KEYS


async def keep_audit_entry(door: Sender, key: str, value: bytes) -> None:
    """Append an entry to the audit.

    Raises:
        BrokerError: Kafka did not confirm it in time.
    """
    await door.send_all([Outgoing(key, value, topics.AUDIT.name)])


def new_id() -> str:
    """Make an id that nobody has made before: 48 random bits."""
    return token_hex(6)


def new_secret() -> str:
    """Make the secret of an API key: 256 random bits."""
    return token_urlsafe(_SECRET_BYTES)


def arrival_rules(settings: Settings) -> ArrivalRules:
    """Return the gates on arrival, in milliseconds."""
    return ArrivalRules(
        max_skew_ms=int(settings.max_skew_s * 1000),
        max_age_ms=None if settings.max_age_s is None else int(settings.max_age_s * 1000),
        max_accuracy_m=settings.max_accuracy_m,
    )


def fix_rules(settings: Settings) -> Rules:
    """Return the rules by which a vehicle's fixes are run."""
    return Rules(
        limits=LIMITS[settings.vehicle_class],
        reorder_ms=int(settings.reorder_s * 1000),
        zone=ZoneInfo(settings.timezone),
    )


def fleet_options(settings: Settings) -> Options:
    """Return what the engine is told by the settings, and by what of the fleet stands beside its agents."""
    return msgspec.structs.replace(stream_options(settings), further_topics=(topics.AUDIT,), further_views=(API_KEYS,))


def stream_options(settings: Settings) -> Options:
    """Return what the settings tell the engine, whatever application it runs."""
    return Options(
        app_id=settings.app_id,
        broker=settings.broker,
        credentials=faust_credentials(settings),
        client_options=client_options(settings),
        partitions=settings.partitions,
        replication=settings.replication,
        standbys=settings.standbys,
        url=settings.url,
        state_dir=settings.worker_dir,
        session_timeout_s=settings.session_timeout_s,
        heartbeat_s=settings.heartbeat_s,
        commit_interval_s=settings.commit_interval_s,
        dead_letter_limit=settings.dead_letter_limit,
        fail_at=settings.fail_at,
        configure_logging=lambda: configure_logging(settings),
    )


_ENTRY_POINT: Final = "app"
_made: dict[str, StreamApp] = {}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the signature that PEP 562 gives
    """Make the app when `faust -A fleet_app.app` asks for it, and not when this module is imported."""
    if name != _ENTRY_POINT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in _made:
        _made[name] = create_app(Settings.load())
    return _made[name]
