"""Profiles of a running worker, asked and changed over its HTTP API."""

from collections.abc import Sequence
from typing import Final

import msgspec

from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.http.asking import AskedWorker
from fleet_app.ingest.profiles_import import Imported, ImportedProfile
from fleet_app.web.paging import Page

_PROFILES_PER_PAGE: Final = 1_000
_PROFILES_PER_REQUEST: Final = 2_000
_PATH: Final = "/api/vehicle-profiles"


class ProfilesClient(AskedWorker):
    """A worker's profiles. Use as an async context manager."""

    async def all(self) -> dict[str, VehicleProfile]:
        """Return all profiles, by vehicle id and in the order of these.

        Raises:
            InputError: The key is not one that may see them.
            WorkerError: No worker answers there, or it cannot tell at the moment.
        """
        profiles: dict[str, VehicleProfile] = {}
        query = {"limit": str(_PROFILES_PER_PAGE)}
        while True:
            page = msgspec.json.decode(await self.ask("GET", _PATH, query=query), type=Page[VehicleProfile])
            profiles.update((profile.vehicle_id, profile) for profile in page.items)
            if page.next is None:
                return profiles
            query["cursor"] = page.next

    async def put_all(self, profiles: Sequence[VehicleProfile]) -> list[ImportedProfile]:
        """Make or change profiles, each only if its revision is the one that there is; return what became of each.

        Raises:
            InputError: The key is not one that may change them.
            WorkerError: No worker answers there, or Kafka does not take them; some may have been changed.
        """
        became: list[ImportedProfile] = []
        for start in range(0, len(profiles), _PROFILES_PER_REQUEST):
            body = b",".join(map(_as_it_is_sent, profiles[start : start + _PROFILES_PER_REQUEST]))
            imported = msgspec.json.decode(await self.ask("POST", _PATH, body=b"[" + body + b"]"), type=Imported)
            became.extend(imported.items)
        return became


def _as_it_is_sent(profile: VehicleProfile) -> bytes:
    """Return a profile as JSON with the revision that was seen, also where there was none.

    The default tenant is left out with the other defaults: so it is the tenant of whoever asks, if that has one.
    """
    return msgspec.json.encode({**msgspec.to_builtins(profile), "revision": profile.revision})
