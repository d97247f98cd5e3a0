"""Reads `fleet.vehicles` into a fleet: from the start of every partition, then on, for as long as somebody watches."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

import msgspec
from aiokafka.errors import KafkaError

from fleet_app import topics
from fleet_app.errors import BrokerError
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.live.fleet import LiveFleet, Place
from fleet_app.live.profiles import ProfileCopy
from fleet_app.metrics import VIEW_RECORDS_REFUSED
from fleet_app.records.vehicle_now import VehicleNow
from fleet_app.stream.declarations import Record
from fleet_app.stream.engine.ports import Bounds, Changelogs, Clock, Fetched, Log
from fleet_app.stream.kafka.changelogs import ChangelogConsumer
from fleet_app.stream.kafka.origin import read_origins
from fleet_app.stream.reads import LocalViews

logger = logging.getLogger(__name__)

_TOPIC: Final = topics.VEHICLES.name
_AT_ONCE: Final = 200
"""Records applied before other work has its turn: 2 ms."""
_FETCH_BYTES: Final = 256 << 10
"""Of one partition with one answer: small ones make small steps."""
_RETRY_S: Final = 2.0
_TRUSTED_S: Final = 60.0
"""A longer silence of Kafka may hide that the topic was made anew: it is looked at again."""
_TOMBSTONES_TRUSTED_S: Final = 12 * 3_600.0
"""After a longer one tombstones may have come and gone: everything is read again."""
PROFILES_EVERY_S: Final = 0.5


class Reader(Changelogs, Protocol):
    """Reads the topic; one that failed is thrown away."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Disconnect."""


class Audience(Protocol):
    """Who is told of the fleet."""

    def show(self, fleet: LiveFleet) -> None:
        """Look at this fleet from now on: it is whole."""

    def notice_progress(self) -> None:
        """Take note that records have been applied."""


class _LookAgainError(Exception):
    """What was fetched does not follow on what was read before, or may not."""


class Follower:
    """Follows the topic.

    Args:
        new_reader: Makes a reader, not yet started.
        read_origin: Asks which incarnation of the topic Kafka has.
        partitions: How many it has.
        views: Where the profiles are.
        clock: Time.
    """

    def __init__(
        self,
        *,
        new_reader: Callable[[], Reader],
        read_origin: Callable[[], Awaitable[str]],
        partitions: int,
        views: LocalViews,
        clock: Clock,
    ) -> None:
        self._new_reader = new_reader
        self._read_origin = read_origin
        self._logs = [Log(_TOPIC, partition) for partition in range(partitions)]
        self._views = views
        self._clock = clock
        self._decode = msgspec.json.Decoder(VehicleNow).decode
        self._fleet: LiveFleet | None = None
        self._is_shown = False
        self._current_s: dict[Log, float] = {}
        self._heard_s: dict[Log, float] = {}

    def behind_ms(self) -> int | None:
        """Return for how long there may be records that are not applied; None before the fleet is whole."""
        if not self._is_shown:
            return None
        return max(0, round((self._clock.monotonic_s() - min(self._current_s.values())) * 1_000))

    async def follow(self, audience: Audience) -> None:
        """Follow for ever, through whatever Kafka does."""
        while True:
            reader = self._new_reader()
            try:
                await self._follow(reader, audience)
            except _LookAgainError as doubt:
                logger.warning("%s: %s; it is looked at again", _TOPIC, doubt)
            except (KafkaError, BrokerError, OSError) as error:
                logger.warning("%s cannot be followed: %r; trying again in %g s", _TOPIC, error, _RETRY_S)
            finally:
                await reader.stop()
            await self._clock.sleep(_RETRY_S)

    async def _follow(self, reader: Reader, audience: Audience) -> None:
        origin = await self._read_origin()
        await reader.start()
        bounds = await reader.bounds(self._logs)
        fleet = self._fleet_of(origin, bounds)
        profiles = ProfileCopy(self._views, fleet, self._give_way)
        reader.follow({log: fleet.positions[log.partition] for log in self._logs})
        profiles_due_s = self._clock.monotonic_s()
        while True:
            for fetched in await reader.fetch():
                await self._take(fleet, fetched)
            self._hear(reader, fleet)
            if self._clock.monotonic_s() >= profiles_due_s:
                await profiles.refresh()
                profiles_due_s = self._clock.monotonic_s() + PROFILES_EVERY_S
            if not self._is_shown and _has_reached(fleet, bounds) and self._views.is_whole(VEHICLE_PROFILES):
                # Without all profiles nobody knows whose the vehicles are.
                await profiles.refresh()
                self._is_shown = True
                audience.show(fleet)
            audience.notice_progress()

    def _fleet_of(self, origin: str, bounds: Mapping[Log, Bounds]) -> LiveFleet:
        """Return the fleet to go on with: the one there is if it can be gone on with, else a new one."""
        now_s = self._clock.monotonic_s()
        fleet = self._fleet
        if fleet is None or fleet.origin != origin or not self._fits(fleet, bounds, now_s):
            fleet = self._fleet = LiveFleet(origin, len(self._logs))
            for log, (start, _) in bounds.items():
                fleet.pass_by(log.partition, start)
            self._is_shown = False
            self._current_s = dict.fromkeys(self._logs, now_s)
        self._heard_s = dict.fromkeys(self._logs, now_s)
        return fleet

    def _fits(self, fleet: LiveFleet, bounds: Mapping[Log, Bounds], now_s: float) -> bool:
        if now_s - min(self._heard_s.values()) > _TOMBSTONES_TRUSTED_S:
            return False
        return all(bounds[log].start <= fleet.positions[log.partition] <= bounds[log].end for log in self._logs)

    async def _take(self, fleet: LiveFleet, fetched: Fetched) -> None:
        partition, position = fetched.log.partition, fleet.positions[fetched.log.partition]
        if fetched.start != position:
            raise _LookAgainError(
                f"partition {partition} was read up to offset {position}, and {fetched.start} came next"
            )
        applied = 0
        for batch in fetched.batches:
            for record in batch:
                if record.offset >= fetched.start:
                    self._apply(fleet, partition, record)
                applied += 1
                if applied % _AT_ONCE == 0:
                    await self._give_way()
        fleet.pass_by(partition, fetched.end)

    def _apply(self, fleet: LiveFleet, partition: int, record: Record) -> None:
        place = Place(partition, record.offset)
        try:
            vehicle_id, value = self._read(record)
        except (ValueError, msgspec.MsgspecError) as error:
            VIEW_RECORDS_REFUSED.labels(_TOPIC).inc()
            logger.warning("%s partition %d, offset %d is passed over: %r", _TOPIC, *place, error)
            return
        if value is None:
            fleet.remove(place, vehicle_id)
        else:
            fleet.put(place, value)

    def _read(self, record: Record) -> tuple[str, VehicleNow | None]:
        vehicle_id = (record.key or b"").decode()
        value = None if record.value is None else self._decode(record.value)
        if value is not None and value.vehicle_id != vehicle_id:
            raise ValueError(f"the key is {vehicle_id!r} and the vehicle {value.vehicle_id!r}")
        return vehicle_id, value

    def _hear(self, reader: Reader, fleet: LiveFleet) -> None:
        """Take note of where the partitions end, as Kafka last told."""
        for log in self._logs:
            end = reader.end(log)
            if end is None:
                continue
            silence_s, self._heard_s[log] = end.told_at_s - self._heard_s[log], end.told_at_s
            if silence_s > _TRUSTED_S:
                raise _LookAgainError(f"nothing was heard of partition {log.partition} for {silence_s:.0f} s")
            if fleet.positions[log.partition] >= end.offset:
                self._current_s[log] = max(self._current_s[log], end.told_at_s)

    async def _give_way(self) -> None:
        await self._clock.sleep(0)


def follow_kafka(client_options: Mapping[str, Any], *, partitions: int, views: LocalViews, clock: Clock) -> Follower:
    """Return what follows the topic in the Kafka that `client_options` name, nothing opened yet."""

    async def origin() -> str:
        return (await read_origins(client_options, [_TOPIC]))[_TOPIC]

    return Follower(
        new_reader=lambda: ChangelogConsumer(client_options, max_fetch_bytes=_FETCH_BYTES),
        read_origin=origin,
        partitions=partitions,
        views=views,
        clock=clock,
    )


def _has_reached(fleet: LiveFleet, bounds: Mapping[Log, Bounds]) -> bool:
    return all(fleet.positions[log.partition] >= end for log, (_, end) in bounds.items())
