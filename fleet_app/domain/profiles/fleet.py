"""All vehicles that have a profile, and whose device is whose."""

from collections.abc import Iterator, Mapping

from fleet_app.domain.profiles.profile import VehicleProfile


class Fleet:
    """All profiles there are. Never changed once made."""

    def changed(self, changes: Mapping[str, VehicleProfile | None]) -> "Fleet":
        """Return all profiles after changes, by vehicle id; None deletes."""
        return self

    def get(self, vehicle_id: str) -> VehicleProfile | None:
        """Return the profile of a vehicle."""

    def vehicle_of(self, device_id: str, time_ms: int) -> str | None:
        """Return the vehicle that a device was in at an event time; None if it was in none."""

    def __iter__(self) -> Iterator[VehicleProfile]:
        """Walk all, in the order of their vehicles' ids."""
        return iter(())

    def __len__(self) -> int:
        """Return how many there are."""
        return 0
