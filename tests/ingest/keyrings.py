"""An installation whose keys are changed: a Kafka, the agent that decides what comes in, and the view that shows it."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import count

import msgspec
from litestar import Router

from fleet_app.domain.access.api_key import ApiKey
from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.keyring import Keyring
from fleet_app.domain.access.tokens import recognise
from fleet_app.domain.revisions import Kept, Request, Standing, decide, standing_of
from fleet_app.global_views import API_KEYS
from fleet_app.ingest.keys import Keys, keys_router
from fleet_app.ingest.producer import Outgoing, Placed
from fleet_app.records.api_key_change import ApiKeyChange
from fleet_app.stream.declarations import Topic
from fleet_app.stream.reads import SourceProgress
from tests.web.fakes import PARTITIONS, FakeViews, Group, task, worker

NOW_MS = 1_700_000_000_000


class KeyInstallation:
    """Decides changes of keys as soon as they are sent.

    Attributes:
        now_ms: The time, ms since 1970.
        views: What the worker shows; set once there is one.
        kept: What the agent keeps.
        changes: What was sent.
    """

    def __init__(self, *keys: ApiKey) -> None:
        self.now_ms = NOW_MS
        self.kept = {key.key_id: Kept(key, ()) for key in keys}
        self.views = FakeViews()
        self.views.show(API_KEYS, {key.key_id: key for key in keys})
        self.changes: list[tuple[str, ApiKeyChange]] = []

    @property
    def keyring(self) -> Keyring:
        """The keys that are shown."""
        return self.views.now(API_KEYS)

    async def send_all(self, records: Iterable[Outgoing]) -> list[Placed]:
        """Append the records, and do what they ask for."""
        placed = []
        for record in records:
            change = msgspec.json.decode(record.value or b"", type=ApiKeyChange)
            request = Request(change.request_id, change.seen_revision, change.api_key, change.tenant)
            decision = decide(self.kept.pop(record.key, None), request)
            self.views.show(API_KEYS, {record.key: None if decision.kept is None else decision.kept.value})
            self.kept |= {} if decision.kept is None else {record.key: decision.kept}
            placed.append(Placed(0, len(self.changes)))
            self.changes.append((record.key, change))
        return placed

    async def standing(self, _topic: Topic, key: str) -> Standing | None:
        return standing_of(self.kept.get(key), len(self.changes))

    def shown_revision(self, _topic: Topic, key: str) -> int:
        known = self.keyring.get(key)
        return 0 if known is None else known.revision

    def shown_tenant(self, _topic: Topic, key: str) -> str | None:
        known = self.keyring.get(key)
        return None if known is None else known.tenant

    async def tenant_of(self, vehicle_id: str) -> str | None:
        raise AssertionError(f"keys have nothing to do with vehicle {vehicle_id}")

    def router(self, *, longest_wait_s: float = 5.0) -> Router:
        """Return the door; ids that are made are `id-1`, `id-2` and so on, secrets `secret-1`, `secret-2`."""
        ids, secrets = count(1), count(1)
        return keys_router(
            self,
            lambda: f"id-{next(ids)}",
            Keys(
                lambda: self.keyring,
                lambda: f"secret-{next(secrets)}",
                lambda: self.now_ms / 1000,
                longest_wait_s,
            ),
        )

    def caller(self, token: str) -> Caller | None:
        """Return who is recognised by a token now."""
        return recognise(self.keyring, token, self.now_ms)


@asynccontextmanager
async def worker_that_keeps_keys(
    *keys: ApiKey, api_key: str | None = None
) -> AsyncIterator[tuple[str, KeyInstallation]]:
    """Run a worker that shows keys and takes changes of them; its URL, and what stands behind it, are yielded."""
    installation = KeyInstallation(*keys)
    contents = {"api_keys": installation.kept}
    routers = (installation.router(),)
    async with worker(Group(), range(PARTITIONS), contents, keys=keys, routers=routers, api_key=api_key) as parts:
        installation.views = parts.views
        all_decided = SourceProgress(topic="fleet.api-key-changes", position=2**40, end=2**40)
        parts.membership.tasks_now = [task(partition, all_decided) for partition in range(PARTITIONS)]
        yield parts.url, installation
