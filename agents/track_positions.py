"""track_positions: fleet.positions → vehicles, windows_* → fleet.vehicles, fleet.windows, fleet.rejected."""

from agents.vehicle_tables import TABLES, VehicleTables
from fleet_app import topics
from fleet_app.domain.panes import PaneRules
from fleet_app.domain.position import ArrivalRules, check_arrival, read_position
from fleet_app.domain.refusals import Refusal
from fleet_app.domain.vehicle import Vehicle, fix_of
from fleet_app.metrics import POSITIONS_ACCEPTED, POSITIONS_REFUSED, POSITIONS_REKEYED
from fleet_app.records import Place, Rejected, UnreadableError, dead_letter, rejected
from fleet_app.stream.declarations import Agent, AgentTask, DeadLetters, FailedRecord, Record


def track_positions(gates: ArrivalRules, rules: PaneRules) -> Agent:
    """Declare the agent: the gates that a position passes on arrival, and the rules by which panes close."""
    return Agent(
        name="track_positions",
        reads=topics.POSITIONS,
        owns=TABLES,
        sends=(topics.VEHICLES, topics.WINDOWS, topics.REJECTED),
        dead_letters=DeadLetters(topic=topics.REJECTED, write=_bury),
        bind=lambda task: _Tracker(task, gates, rules).track,
    )


class _Tracker:
    def __init__(self, task: AgentTask, gates: ArrivalRules, rules: PaneRules) -> None:
        self._task, self._gates, self._vehicles, self._send = task, gates, VehicleTables(task, rules), task.send

    def track(self, record: Record) -> None:
        """Accept one position into its vehicle's state, refuse it with its reason, or send it on to its home."""
        position, received_ms = read_position(record.value), record.timestamp
        if isinstance(position, Refusal):
            raise UnreadableError(position)
        vehicle_id = position.vehicle_id
        vehicle = self._vehicles.get(vehicle_id)
        if vehicle is None and not self._task.is_home(vehicle_id):
            self._task.rekey(record, vehicle_id)
            POSITIONS_REKEYED.inc()
            return
        vehicle = vehicle or Vehicle(vehicle_id)
        refusal = check_arrival(position, received_ms, self._gates)
        refusal = refusal or self._vehicles.advance(vehicle, fix_of(position), received_ms)
        if refusal is None:
            POSITIONS_ACCEPTED.inc()
        else:
            self._refuse(record, vehicle, refusal)

    def _refuse(self, record: Record, vehicle: Vehicle, refusal: Refusal) -> None:
        self._vehicles.refuse(vehicle, refusal)
        place, vehicle_id = Place(topics.POSITIONS.name, self._task.partition), vehicle.vehicle_id
        self._send(topics.REJECTED, vehicle_id, rejected(record, place, vehicle_id, refusal))
        POSITIONS_REFUSED.labels(refusal.reason).inc()


def _bury(failed: FailedRecord) -> tuple[str, Rejected]:
    key, letter = dead_letter(failed)
    POSITIONS_REFUSED.labels(letter.reason).inc()
    return key, letter
