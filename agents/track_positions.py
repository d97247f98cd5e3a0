"""track_positions: fleet.positions → vehicles, tracks, windows_*, trips → what is known, and what is told of it."""

from agents.keeping.vehicles import SENDS, TABLES, Vehicles
from fleet_app import topics
from fleet_app.domain.fix import fix_of
from fleet_app.domain.position import ArrivalRules, check_arrival, read_position
from fleet_app.domain.refusals import Refusal
from fleet_app.domain.reorder import Waiting
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle import Vehicle
from fleet_app.metrics import POSITIONS_REFUSED, POSITIONS_REKEYED
from fleet_app.records.rejected import Rejected, UnreadableError, dead_letter
from fleet_app.stream.declarations import Agent, AgentTask, DeadLetters, FailedRecord, Record


def track_positions(gates: ArrivalRules, rules: Rules) -> Agent:
    """Declare the agent: the gates that a position passes on arrival, and the rules by which fixes are run."""
    return Agent(
        name="track_positions",
        reads=topics.POSITIONS,
        owns=TABLES,
        sends=SENDS,
        dead_letters=DeadLetters(topic=topics.REJECTED, write=_bury),
        bind=lambda task: _Tracker(task, gates, rules).track,
    )


class _Tracker:
    def __init__(self, task: AgentTask, gates: ArrivalRules, rules: Rules) -> None:
        self._task, self._gates, self._vehicles = task, gates, Vehicles(task, rules)

    def track(self, record: Record) -> None:
        """Run one position through its vehicle's state, refuse it with its reason, or send it on to its home."""
        value, received_ms = record.value, record.timestamp
        position = read_position(value)
        if isinstance(position, Refusal):
            raise UnreadableError(position)
        vehicle_id = position.vehicle_id
        vehicle = self._vehicles.get(vehicle_id)
        if vehicle is None and not self._task.is_home(vehicle_id):
            self._task.rekey(record, vehicle_id)
            POSITIONS_REKEYED.inc()
            return
        vehicle = vehicle or Vehicle(vehicle_id)
        waiting = Waiting(fix_of(position), record.offset, received_ms, record.key, value)
        refusal = check_arrival(position, received_ms, self._gates)
        if refusal is None:
            self._vehicles.receive(vehicle, waiting)
        else:
            self._vehicles.refuse(vehicle, waiting, refusal)


def _bury(failed: FailedRecord) -> tuple[str, Rejected]:
    key, letter = dead_letter(failed)
    POSITIONS_REFUSED.labels(letter.reason).inc()
    return key, letter
