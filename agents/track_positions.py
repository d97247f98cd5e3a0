"""track_positions: fleet.positions → vehicles, windows_* → fleet.vehicles, fleet.windows, fleet.rejected."""

from agents.closed_panes import ClosedPanes
from fleet_app import topics
from fleet_app.domain.panes import PaneRules
from fleet_app.domain.position import ArrivalRules, Position, check_arrival, read_position
from fleet_app.domain.refusals import Refusal
from fleet_app.domain.vehicle import Advanced, Vehicle, advance, close_quiet, count_refusal, due_ms, fix_of
from fleet_app.metrics import POSITIONS_ACCEPTED, POSITIONS_REFUSED, POSITIONS_REKEYED
from fleet_app.records import Place, Rejected, UnreadableError, dead_letter, rejected, vehicle_now
from fleet_app.stream.declarations import Agent, AgentTask, DeadLetters, FailedRecord, Record
from tables.vehicle_timers import VEHICLE_TIMERS
from tables.vehicles import VEHICLES
from tables.windows_1d import WINDOWS_1D
from tables.windows_1h import WINDOWS_1H
from tables.windows_1m import WINDOWS_1M


def track_positions(gates: ArrivalRules, rules: PaneRules) -> Agent:
    """Declare the agent: the gates that a position passes on arrival, and the rules by which panes close."""
    return Agent(
        name="track_positions",
        reads=topics.POSITIONS,
        owns=(VEHICLES, VEHICLE_TIMERS, WINDOWS_1M, WINDOWS_1H, WINDOWS_1D),
        sends=(topics.VEHICLES, topics.WINDOWS, topics.REJECTED),
        dead_letters=DeadLetters(topic=topics.REJECTED, write=_bury),
        bind=lambda task: _Tracker(task, gates, rules).track,
    )


def _bury(failed: FailedRecord) -> tuple[str, Rejected]:
    key, letter = dead_letter(failed)
    POSITIONS_REFUSED.labels(letter.reason).inc()
    return key, letter


class _Tracker:
    def __init__(self, task: AgentTask, gates: ArrivalRules, rules: PaneRules) -> None:
        self._task, self._gates, self._rules = task, gates, rules
        self._vehicles, self._closed, self._send = task.table(VEHICLES), ClosedPanes(task), task.send
        self._timers = task.timers(VEHICLE_TIMERS, self._close_quiet)

    def track(self, record: Record) -> None:
        """Accept one position into its vehicle's state, refuse it with its reason, or send it on to its home."""
        position = read_position(record.value)
        if isinstance(position, Refusal):
            raise UnreadableError(position)
        vehicle = self._vehicles.get(position.vehicle_id)
        if vehicle is None and not self._task.is_home(position.vehicle_id):
            self._task.rekey(record, position.vehicle_id)
            POSITIONS_REKEYED.inc()
            return
        self._receive(record, position, vehicle or Vehicle(position.vehicle_id))

    def _receive(self, record: Record, position: Position, vehicle: Vehicle) -> None:
        outcome = check_arrival(position, record.timestamp, self._gates) or advance(
            vehicle, fix_of(position), record.timestamp, self._rules
        )
        if isinstance(outcome, Refusal):
            self._refuse(record, vehicle, outcome)
            return
        self._keep(outcome)
        self._send(topics.VEHICLES, vehicle.vehicle_id, vehicle_now(outcome.vehicle))
        POSITIONS_ACCEPTED.inc()

    def _keep(self, moved: Advanced) -> None:
        vehicle = moved.vehicle
        self._vehicles[vehicle.vehicle_id] = vehicle
        self._closed.add(vehicle, moved.closed)
        next_ms = due_ms(vehicle, self._rules)
        if next_ms is not None:
            self._timers.arm(vehicle.vehicle_id, next_ms)

    def _refuse(self, record: Record, vehicle: Vehicle, refusal: Refusal) -> None:
        self._vehicles[vehicle.vehicle_id] = count_refusal(vehicle, refusal.reason)
        place = Place(topics.POSITIONS.name, self._task.partition)
        self._send(topics.REJECTED, vehicle.vehicle_id, rejected(record, place, vehicle.vehicle_id, refusal))
        POSITIONS_REFUSED.labels(refusal.reason).inc()

    def _close_quiet(self, vehicle_id: str, now_ms: int) -> None:
        vehicle = self._vehicles.get(vehicle_id)
        if vehicle is not None:
            self._keep(close_quiet(vehicle, now_ms, self._rules))
