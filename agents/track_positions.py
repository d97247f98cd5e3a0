"""track_positions: fleet.positions → table vehicles → fleet.vehicles, fleet.rejected."""

from collections.abc import MutableMapping

from fleet_app import topics
from fleet_app.domain.position import ArrivalRules, Position, check_arrival, read_position
from fleet_app.domain.refusals import Refusal
from fleet_app.domain.vehicle import Vehicle, advance, count_refusal, fix_of
from fleet_app.metrics import POSITIONS_ACCEPTED, POSITIONS_REFUSED
from fleet_app.records import rejected, vehicle_now
from fleet_app.stream.declarations import Agent, Handler, Record, Send, Task
from tables.vehicles import VEHICLES


def track_positions(rules: ArrivalRules) -> Agent:
    """Declare the agent; `rules` are the gates that a position passes on arrival."""

    def bind(task: Task) -> Handler:
        vehicles, send = task.table(VEHICLES), task.send
        return lambda record: track_position(record, vehicles, send, rules)

    return Agent(
        name="track_positions",
        reads=topics.POSITIONS,
        owns=(VEHICLES,),
        sends=(topics.VEHICLES, topics.REJECTED),
        bind=bind,
    )


def track_position(record: Record, vehicles: MutableMapping[str, Vehicle], send: Send, rules: ArrivalRules) -> None:
    """Accept one position into its vehicle's state, or refuse it with its reason."""
    position = read_position(record.value)
    if isinstance(position, Refusal):
        _refuse(record, (record.key or b"").decode(errors="replace"), position, send)
        return
    vehicle_id = position.vehicle_id
    vehicle = vehicles.get(vehicle_id) or Vehicle(vehicle_id)
    outcome = _judge(vehicle, position, record.received_ms, rules)
    if isinstance(outcome, Refusal):
        vehicles[vehicle_id] = count_refusal(vehicle, outcome.reason)
        _refuse(record, vehicle_id, outcome, send)
        return
    vehicles[vehicle_id] = outcome
    send(topics.VEHICLES, vehicle_id, vehicle_now(outcome))
    POSITIONS_ACCEPTED.inc()


def _judge(vehicle: Vehicle, position: Position, received_ms: int, rules: ArrivalRules) -> Vehicle | Refusal:
    return check_arrival(position, received_ms, rules) or advance(vehicle, fix_of(position), received_ms)


def _refuse(record: Record, vehicle_id: str, refusal: Refusal, send: Send) -> None:
    send(topics.REJECTED, vehicle_id, rejected(record, vehicle_id, refusal))
    POSITIONS_REFUSED.labels(refusal.reason).inc()
