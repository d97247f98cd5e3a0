"""A fleet as doors know it, and a worker that takes changes of it."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import count

import msgspec

from fleet_app.domain.profiles.devices import UnknownDevices
from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.revisions import Kept, Request, decide
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.ingest.addressees import Addressees
from fleet_app.ingest.producer import Outgoing, Placed
from fleet_app.ingest.profiles import profiles_router
from fleet_app.records.profile_change import ProfileChange
from tests.web.fakes import PARTITIONS, FakeViews, Group, worker


def knowing(*profiles: VehicleProfile, unknown: UnknownDevices = UnknownDevices.ACCEPT) -> Addressees:
    """Return what a door asks on a worker that has read these profiles."""
    views = FakeViews()
    views.show(VEHICLE_PROFILES, {profile.vehicle_id: profile for profile in profiles})
    return Addressees(views, unknown)


class DecidingKafka:
    """A Kafka behind which changes of profiles are decided at once, and shown by a worker.

    Attributes:
        views: What the worker shows; set once there is one.
        changes: What was sent.
    """

    def __init__(self) -> None:
        self.views = FakeViews()
        self.changes: list[ProfileChange] = []

    async def send_all(self, records: Iterable[Outgoing]) -> list[Placed]:
        """Append the records, and do what they ask for."""
        placed = []
        for record in records:
            change = msgspec.json.decode(record.value or b"", type=ProfileChange)
            before = self.views.now(VEHICLE_PROFILES).get(record.key)
            kept = None if before is None else Kept(before, ())
            decision = decide(kept, Request(change.request_id, change.seen_revision, change.profile, change.tenant))
            self.views.show(VEHICLE_PROFILES, {record.key: decision.kept and decision.kept.value})
            placed.append(Placed(0, len(self.changes)))
            self.changes.append(change)
        return placed


@asynccontextmanager
async def worker_that_decides(
    *profiles: VehicleProfile, api_key: str | None = None
) -> AsyncIterator[tuple[str, DecidingKafka]]:
    """Run a worker that shows profiles and takes changes of them; its URL, and what stands behind it, are yielded."""
    kafka = DecidingKafka()
    ids = (f"id-{number}" for number in count())
    routers = (profiles_router(kafka, lambda: next(ids), lambda: kafka.views.now(VEHICLE_PROFILES)),)
    async with worker(Group(), range(PARTITIONS), {}, routers=routers, api_key=api_key) as parts:
        kafka.views = parts.views
        kafka.views.show(VEHICLE_PROFILES, {profile.vehicle_id: profile for profile in profiles})
        yield parts.url, kafka
