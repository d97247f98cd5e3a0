"""Where the geofences are: found by cell, not by asking each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from fleet_app.domain.geofences.fence import Fence
from fleet_app.domain.geofences.geofence import Geofence


class Places:
    """The geofences of one tenant. Never changed once made.

    Attributes:
        version: Depends on the ids and revisions in it and on nothing else: the same on every worker.
    """

    version: int = 0

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return False

    def get(self, geofence_id: str) -> Fence | None:
        """Return a geofence by its id."""

    def along(self, from_lat: float, from_lon: float, lat: float, lon: float) -> Sequence[Fence]:
        """Return every geofence that may be within 50 m of a way between two points, straight and up to 5 km long."""
        return ()


NOWHERE: Final = Places()
"""No geofence at all."""


class Geofences:
    """All geofences there are, of all tenants. Never changed once made."""

    def changed(self, changes: Mapping[str, Geofence | None]) -> "Geofences":
        """Return all geofences after changes, by id; None deletes."""
        return self

    def get(self, geofence_id: str) -> Geofence | None:
        """Return a geofence by its id."""

    def __iter__(self) -> Iterator[Geofence]:
        """Walk all, in the order of their ids."""
        return iter(())

    def __len__(self) -> int:
        """Return how many there are."""
        return 0

    def of(self, tenant: str) -> Places:
        """Return the geofences that vehicles of a tenant may be in."""
        return NOWHERE
