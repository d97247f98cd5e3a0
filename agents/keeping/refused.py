"""Refused positions: counted and kept by minute, and a record on fleet.rejected for each, with its original bytes."""

from agents.keeping.rows import forget_rows
from fleet_app import topics
from fleet_app.domain.edges import HOUR_MS, MINUTE_MS
from fleet_app.domain.quality import RefusedPosition, refused_position, with_refused
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.reorder import Waiting
from fleet_app.domain.track import RETENTION_MS
from fleet_app.domain.vehicle import Vehicle, count_refusal
from fleet_app.metrics import POSITIONS_REFUSED
from fleet_app.records.rejected import Place, rejected, rejected_waiting
from fleet_app.stream.declarations import AgentTask, Record
from fleet_app.stream.keys import HIGHEST, LOWEST
from tables.refused_positions import REFUSED_POSITIONS


class RefusedPositions:
    """What was refused of the vehicles of one task."""

    def __init__(self, task: AgentTask) -> None:
        self._rows, self._send = task.rows(REFUSED_POSITIONS), task.send
        self._place = Place(topics.POSITIONS.name, task.partition)

    def tell(self, vehicle: Vehicle, waiting: Waiting, refusal: Refusal) -> Vehicle:
        """Keep a refused position, and publish it; return its vehicle with one more counted."""
        vehicle_id = vehicle.vehicle_id
        self._keep(vehicle_id, refused_position(refusal.reason, waiting.fix, waiting.received_ms, waiting.offset))
        self._send(topics.REJECTED, vehicle_id, rejected_waiting(waiting, self._place, vehicle_id, refusal))
        POSITIONS_REFUSED.labels(refusal.reason).inc()
        return count_refusal(vehicle, refusal.reason)

    def tell_stranger(self, record: Record, vehicle_id: str) -> None:
        """Publish a position of a vehicle without a profile, of which nothing is kept."""
        refusal = Refusal(
            Reason.UNKNOWN_VEHICLE,
            f"no profile is known of the vehicle {vehicle_id!r}: make one, or set FLEET_UNKNOWN_DEVICES to accept",
        )
        self._send(topics.REJECTED, vehicle_id, rejected(record, self._place, vehicle_id, refusal))
        POSITIONS_REFUSED.labels(refusal.reason).inc()

    def newest_ms(self, vehicle_id: str) -> int:
        """Return the end of the last minute in which something of a vehicle was refused, ms since 1970; 0 for none."""
        rows = self._rows.rows(vehicle_id, LOWEST, HIGHEST)
        return rows[-1][0] + MINUTE_MS if rows else 0

    def forget(self, vehicle_id: str) -> None:
        """Delete all rows of a vehicle."""
        forget_rows(self._rows, vehicle_id)

    def _keep(self, vehicle_id: str, refused: RefusedPosition) -> None:
        minute_ms = refused.received_ms - refused.received_ms % MINUTE_MS
        row = self._rows.get((vehicle_id, minute_ms))
        if row is None:
            self._expire(vehicle_id, minute_ms)
        self._rows[vehicle_id, minute_ms] = with_refused(row, refused)

    def _expire(self, vehicle_id: str, minute_ms: int) -> None:
        """Forget minutes that are too old, with an hour's first refusal: there are devices that send nothing else."""
        if not self._rows.rows(vehicle_id, minute_ms - minute_ms % HOUR_MS, minute_ms):
            self._rows.expire(vehicle_id, minute_ms - RETENTION_MS)
