"""Keeps a fleet up with the profiles of its vehicles."""

from collections.abc import Awaitable, Callable
from typing import Final

from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.live.fleet import LiveFleet
from fleet_app.stream.reads import LocalViews

_AT_ONCE: Final = 2_000
"""Profiles compared before other work has its turn: a millisecond."""


class ProfileCopy:
    """What a fleet has been told of the profiles.

    Args:
        views: Where the profiles are.
        fleet: The fleet.
        give_way: Lets other work have its turn.
    """

    def __init__(self, views: LocalViews, fleet: LiveFleet, give_way: Callable[[], Awaitable[None]]) -> None:
        self._views = views
        self._fleet = fleet
        self._give_way = give_way
        self._seen: Fleet | None = None

    async def refresh(self) -> None:
        """Tell the fleet which profiles have changed since the last time. Costs nothing if none has."""
        profiles = self._views.now(VEHICLE_PROFILES)
        if profiles is self._seen:
            return
        for place, profile in enumerate(profiles):
            if self._fleet.profiles.get(profile.vehicle_id) is not profile:
                self._fleet.change_profile(profile.vehicle_id, profile)
            if place % _AT_ONCE == 0:
                await self._give_way()
        for vehicle_id in [known for known in self._fleet.profiles if profiles.get(known) is None]:
            self._fleet.change_profile(vehicle_id, None)
        self._seen = profiles
