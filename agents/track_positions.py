"""track_positions: fleet.positions → vehicles, tracks, windows_*, trips → what is known, and what is told of it."""

from agents.keeping.rulings import VIEWS, Rulings
from agents.keeping.vehicles import SENDS, TABLES, Vehicles
from fleet_app import topics
from fleet_app.domain.fix import fix_of
from fleet_app.domain.forgetting import FORGET, read_vehicle_id
from fleet_app.domain.position import ArrivalRules, check_arrival, read_position
from fleet_app.domain.profiles.devices import UnknownDevices
from fleet_app.domain.refusals import Refusal
from fleet_app.domain.reorder import Waiting
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle import Vehicle
from fleet_app.metrics import POSITIONS_REFUSED, POSITIONS_REKEYED
from fleet_app.records.rejected import Rejected, UnreadableError, dead_letter
from fleet_app.stream.declarations import Agent, AgentTask, DeadLetters, FailedRecord, Record


def track_positions(
    gates: ArrivalRules,
    rules: Rules,
    *,
    unknown: UnknownDevices = UnknownDevices.ACCEPT,
    retired_after_ms: int | None = None,
) -> Agent:
    """Declare the agent.

    Args:
        gates: What positions have to pass on arrival, where the vehicle's profile says nothing else.
        rules: What fixes are run by, where the profile says nothing else.
        unknown: What becomes of positions of vehicles without a profile.
        retired_after_ms: After so long without a position a vehicle is forgotten; None keeps it for ever.
    """
    return Agent(
        name="track_positions",
        reads=topics.POSITIONS,
        owns=TABLES,
        sends=SENDS,
        dead_letters=DeadLetters(topic=topics.REJECTED, write=_bury),
        bind=lambda task: _Tracker(task, Rulings(task, gates, rules, unknown), retired_after_ms).track,
        looks_at=VIEWS,
    )


class _Tracker:
    def __init__(self, task: AgentTask, rulings: Rulings, retired_after_ms: int | None) -> None:
        self._task, self._rulings = task, rulings
        self._vehicles = Vehicles(task, rulings, retired_after_ms)
        self._reception = self._vehicles.reception

    def track(self, record: Record) -> None:
        """Run one position through its vehicle's state, refuse it with its reason, or send it on to its home."""
        value, received_ms = record.value, record.timestamp
        position = read_position(value)
        if isinstance(position, Refusal):
            self._forget(record, position)
            return
        vehicle_id = position.vehicle_id
        vehicle = self._vehicles.get(vehicle_id)
        if vehicle is None and not self._task.is_home(vehicle_id):
            self._rekey(record, vehicle_id)
            return
        ruling = self._rulings.of(vehicle_id)
        if ruling.is_refused:
            self._reception.turn_away(record, vehicle_id)
            return
        vehicle = vehicle or Vehicle(vehicle_id)
        if vehicle.tenant != ruling.tenant:
            vehicle = ruling.claim(vehicle)
        waiting = Waiting(fix_of(position), record.offset, received_ms, record.key, value)
        refusal = check_arrival(position, received_ms, ruling.gates)
        if refusal is None:
            self._reception.receive(vehicle, waiting, ruling.rules)
        else:
            self._reception.refuse(vehicle, waiting, refusal)

    def _forget(self, record: Record, refusal: Refusal) -> None:
        """Forget the vehicle that a record without a value names, if it asks for that; else refuse it."""
        if record.value is not None or all(name != FORGET for name, _ in record.headers):
            raise UnreadableError(refusal)
        vehicle_id = read_vehicle_id(record.key)
        if isinstance(vehicle_id, Refusal):
            raise UnreadableError(vehicle_id)
        if self._task.is_home(vehicle_id):
            self._vehicles.forget(vehicle_id)
        else:
            self._rekey(record, vehicle_id)

    def _rekey(self, record: Record, vehicle_id: str) -> None:
        self._task.rekey(record, vehicle_id)
        POSITIONS_REKEYED.inc()


def _bury(failed: FailedRecord) -> tuple[str, Rejected]:
    key, letter = dead_letter(failed)
    POSITIONS_REFUSED.labels(letter.reason).inc()
    return key, letter
