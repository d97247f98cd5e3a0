"""track_positions: fleet.positions → table vehicles → fleet.vehicles, fleet.rejected."""

from collections.abc import MutableMapping

from fleet_app.domain.position import ArrivalRules, Position, check_arrival, read_position
from fleet_app.domain.refusals import Refusal
from fleet_app.domain.vehicle import Vehicle, advance, count_refusal, fix_of
from fleet_app.metrics import POSITIONS_ACCEPTED, POSITIONS_REFUSED
from fleet_app.stream.declarations import Agent, Handler, Record, Send, Task
from fleet_app.topics import POSITIONS, REJECTED, Rejected, VehicleNow
from fleet_app.topics import VEHICLES as VEHICLES_TOPIC
from tables.vehicles import VEHICLES


def track_positions(rules: ArrivalRules) -> Agent:
    """Declare the agent; `rules` are the gates that a position passes on arrival."""

    def bind(task: Task) -> Handler:
        vehicles, send = task.table(VEHICLES), task.send
        return lambda record: track_position(record, vehicles, send, rules)

    return Agent(name="track_positions", reads=POSITIONS, owns=(VEHICLES,), sends=(VEHICLES_TOPIC, REJECTED), bind=bind)


def track_position(record: Record, vehicles: MutableMapping[str, Vehicle], send: Send, rules: ArrivalRules) -> None:
    """Accept one position into its vehicle's state, or refuse it with its reason."""
    position = read_position(record.value)
    if isinstance(position, Refusal):
        refuse(record, _text(record.key), position, send)
        return
    vehicle_id = position.vehicle_id
    vehicle = vehicles.get(vehicle_id) or Vehicle(vehicle_id)
    outcome = _accept(vehicle, position, record.received_ms, rules)
    if isinstance(outcome, Refusal):
        vehicles[vehicle_id] = count_refusal(vehicle, outcome.reason)
        refuse(record, vehicle_id, outcome, send)
        return
    vehicles[vehicle_id] = outcome
    send(VEHICLES_TOPIC, vehicle_id, vehicle_now(outcome))
    POSITIONS_ACCEPTED.inc()


def _accept(vehicle: Vehicle, position: Position, received_ms: int, rules: ArrivalRules) -> Vehicle | Refusal:
    return check_arrival(position, received_ms, rules) or advance(vehicle, fix_of(position), received_ms)


def refuse(record: Record, vehicle_id: str, refusal: Refusal, send: Send) -> None:
    """Send a refused record on with its reason and its original bytes."""
    rejected = Rejected(
        reason=refusal.reason,
        detail=refusal.detail,
        vehicle_id=vehicle_id,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        received_ms=record.received_ms,
        key=record.key,
        value=record.value,
    )
    send(REJECTED, vehicle_id, rejected)
    POSITIONS_REFUSED.labels(refusal.reason).inc()


def vehicle_now(vehicle: Vehicle) -> VehicleNow:
    """Return the public record of where a vehicle with at least one accepted fix is."""
    last = vehicle.last
    assert last is not None  # noqa: S101 - an accepted fix leaves one
    return VehicleNow(
        vehicle_id=vehicle.vehicle_id,
        tenant=vehicle.tenant,
        time_ms=last.time_ms,
        lat=last.lat,
        lon=last.lon,
        odometer_m=vehicle.odometer_m,
        fixes=vehicle.accepted,
        speed_mps=last.speed_mps,
        heading_deg=last.heading_deg,
        accuracy_m=last.accuracy_m,
        altitude_m=last.altitude_m,
        ignition=last.ignition,
    )


def _text(key: bytes | None) -> str:
    return (key or b"").decode(errors="replace")
