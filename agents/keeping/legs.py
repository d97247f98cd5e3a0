"""Trips and stops: a row each, and a record on fleet.trips for every change."""

from collections.abc import Iterable
from typing import Final

from agents.keeping.rows import forget_rows
from agents.keeping.tracks import END_OF_TIME_MS, Tracks
from fleet_app import topics
from fleet_app.domain.legs import KeptLeg, Leg, LegKind, is_same
from fleet_app.domain.polyline import encoded, simplified
from fleet_app.domain.vehicle import OpenTrack, Vehicle
from fleet_app.records.leg import trip_or_stop
from fleet_app.stream.declarations import AgentTask
from fleet_app.stream.keys import RowKey
from tables.trips import TRIPS
from tables.withdrawn_legs import WITHDRAWN_LEGS, WithdrawnLeg

TABLES: Final = (TRIPS, WITHDRAWN_LEGS)
_KEPT_MS: Final = (TRIPS.retention_s or 0) * 1_000
_WITHDRAWN_KEPT_MS: Final = (WITHDRAWN_LEGS.retention_s or 0) * 1_000
_LONGEST_KNOWN_MS: Final = 2 * 86_400_000
_MOST_POINTS: Final = 2_000
"""Of a trip's way, before it is simplified: a day at a fix a second would hold everything up."""


class Legs:
    """The rows of trips and stops, in one task."""

    def __init__(self, task: AgentTask, tracks: Tracks) -> None:
        self._rows, self._withdrawn = task.rows(TRIPS), task.rows(WITHDRAWN_LEGS)
        self._send, self._tracks = task.send, tracks

    def tell(self, vehicle: Vehicle, track: OpenTrack, legs: Iterable[Leg]) -> None:
        """Keep legs that are over, and publish those that were not told so before."""
        for leg in legs:
            key = (vehicle.vehicle_id, leg.number)
            told, polyline = self._rows.get(key), self._polyline(vehicle, track, leg)
            # Of a trip, other fixes may add up to the same.
            if told is None or not is_same(told.leg, leg) or told.polyline != polyline:
                revision = self._back_from_withdrawal(key) if told is None else told.revision
                kept = KeptLeg(leg, polyline, revision + 1)
                self._rows[key] = kept
                self._publish(vehicle, kept, is_withdrawn=False)

    def withdraw(self, vehicle: Vehicle, legs: Iterable[Leg]) -> None:
        """Take back legs that are no more."""
        for leg in legs:
            key = (vehicle.vehicle_id, leg.number)
            told = self._rows.get(key)
            if told is not None:
                withdrawn = WithdrawnLeg(told.revision + 1)
                del self._rows[key]
                self._withdrawn[key] = withdrawn
                self._publish(vehicle, KeptLeg(told.leg, "", withdrawn.revision), is_withdrawn=True)

    def told(self, vehicle: Vehicle, since_ms: int) -> list[Leg]:
        """Return the legs that were told from about `since_ms` on."""
        rows = self._rows.rows(vehicle.vehicle_id, since_ms - _LONGEST_KNOWN_MS, END_OF_TIME_MS)
        return [kept.leg for _, kept in rows]

    def expire(self, vehicle: Vehicle) -> None:
        """Forget rows that are too old beside the vehicle's newest fix."""
        self._rows.expire(vehicle.vehicle_id, vehicle.newest_ms - _KEPT_MS)
        self._withdrawn.expire(vehicle.vehicle_id, vehicle.newest_ms - _WITHDRAWN_KEPT_MS)

    def forget(self, vehicle_id: str) -> None:
        """Delete all rows of a vehicle."""
        forget_rows(self._rows, vehicle_id)
        forget_rows(self._withdrawn, vehicle_id)

    def _back_from_withdrawal(self, key: RowKey) -> int:
        """Return the revision that a leg was withdrawn with, which it is no longer; 0 if it was not."""
        withdrawn = self._withdrawn.get(key)
        if withdrawn is None:
            return 0
        del self._withdrawn[key]
        return withdrawn.revision

    def _polyline(self, vehicle: Vehicle, track: OpenTrack, leg: Leg) -> str:
        if leg.kind is LegKind.STOP:
            return ""
        entries = self._tracks.between(vehicle.vehicle_id, track, leg.start_ms, leg.end_ms)
        points = [(entry.fix.lat, entry.fix.lon) for entry in entries if entry.reason is None]
        return encoded(simplified([*points[:: 1 + len(points) // _MOST_POINTS], *points[-1:]]))

    def _publish(self, vehicle: Vehicle, kept: KeptLeg, *, is_withdrawn: bool) -> None:
        told = trip_or_stop(vehicle.vehicle_id, vehicle.tenant, kept, is_withdrawn=is_withdrawn)
        self._send(topics.TRIPS, vehicle.vehicle_id, told)
