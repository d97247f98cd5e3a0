"""What one more fix does to a vehicle, and what silence does."""

from datetime import UTC

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.panes import NO_PANES, Pane, PaneRules, PaneSet
from fleet_app.domain.position import Position
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.vehicle import Advanced, Fix, Vehicle, advance, close_quiet, count_refusal, due_ms, fix_of

NEW = Vehicle("van-1")
RULES = PaneRules(5_000, UTC)


def after(vehicle: Vehicle, *fixes: Fix) -> Vehicle:
    for fix in fixes:
        outcome = advance(vehicle, fix, 0, RULES)
        assert isinstance(outcome, Advanced)
        vehicle = outcome.vehicle
    return vehicle


def test_the_first_fix_is_where_the_vehicle_is_and_drives_nothing() -> None:
    vehicle = after(NEW, Fix(1_000, 52.0, 13.0))

    assert (vehicle.last, vehicle.odometer_m, vehicle.accepted) == (Fix(1_000, 52.0, 13.0), 0.0, 1)


def test_the_odometer_grows_by_the_way_between_fixes() -> None:
    vehicle = after(NEW, Fix(0, 52.0, 13.0), Fix(60_000, 52.01, 13.0))

    assert vehicle.odometer_m == pytest.approx(1112.6, abs=0.1)


def test_an_older_fix_counts_but_moves_nothing() -> None:
    before = after(NEW, Fix(60_000, 52.0, 13.0), Fix(120_000, 52.01, 13.0))
    vehicle = after(before, Fix(90_000, 50.0, 10.0))

    assert (vehicle.last, vehicle.odometer_m, vehicle.accepted) == (before.last, before.odometer_m, 3)


def test_a_fix_of_the_same_time_elsewhere_is_another_fix_but_not_a_newer_one() -> None:
    vehicle = after(NEW, Fix(1_000, 52.0, 13.0), Fix(1_000, 52.1, 13.0))

    assert (vehicle.accepted, vehicle.odometer_m, vehicle.last) == (2, 0.0, Fix(1_000, 52.0, 13.0))


def test_the_receive_time_of_the_newest_fix_is_kept_beside_that_of_the_last_to_come() -> None:
    vehicle = NEW
    for received_ms, time_ms in ((70_000, 60_000), (80_000, 50_000)):
        outcome = advance(vehicle, Fix(time_ms, 52.0, 13.0), received_ms, RULES)
        assert isinstance(outcome, Advanced)
        vehicle = outcome.vehicle

    assert (vehicle.last_received_ms, vehicle.received_ms) == (70_000, 80_000)


def test_the_first_open_pane_is_due_when_what_was_left_of_it_and_the_grace_have_passed() -> None:
    outcome = advance(NEW, Fix(70_000, 52.0, 13.0), 1_000_000, RULES)
    assert isinstance(outcome, Advanced)

    assert due_ms(outcome.vehicle, RULES) == 1_000_000 + 50_000 + 5_000


def test_silence_closes_what_is_due_and_nothing_else() -> None:
    vehicle = after(NEW, Fix(70_000, 52.0, 13.0))

    moved = close_quiet(vehicle, 55_000, RULES)

    assert moved.closed == PaneSet(minutes=(Pane(60_000, 120_000, 1),))
    assert moved.vehicle == msgspec.structs.replace(
        vehicle, open=PaneSet((), (Pane(0, 3_600_000, 1),), (Pane(0, 86_400_000, 1),))
    )


def test_a_vehicle_without_a_fix_has_nothing_to_close() -> None:
    assert (due_ms(NEW, RULES), close_quiet(NEW, 10**12, RULES)) == (None, Advanced(NEW, NO_PANES))


def test_the_same_fix_again_is_a_duplicate() -> None:
    outcome = advance(after(NEW, Fix(1_000, 52.0, 13.0)), Fix(1_000, 52.0, 13.0, speed_mps=3.0), 0, RULES)

    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.DUPLICATE


def test_a_fix_older_than_the_last_sixteen_is_too_late() -> None:
    vehicle = after(NEW, *(Fix(time_ms, 52.0, 13.0) for time_ms in range(1_000, 17_000, 1_000)))

    outcome = advance(vehicle, Fix(500, 52.0, 13.0), 0, RULES)

    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.TOO_LATE


fixes = st.lists(st.builds(Fix, st.integers(0, 40), st.sampled_from([50.0, 50.1]), st.just(10.0)), max_size=60)


@given(fixes)
def test_no_fix_is_ever_accepted_twice(sent: list[Fix]) -> None:
    vehicle, accepted = NEW, []
    for fix in [*sent, *sent]:
        outcome = advance(vehicle, fix, 0, RULES)
        match outcome:
            case Advanced():
                vehicle = outcome.vehicle
                accepted.append((fix.time_ms, fix.lat, fix.lon))
            case Refusal():
                pass

    assert len(accepted) == len(set(accepted)) == vehicle.accepted


@given(fixes)
def test_a_state_survives_its_stored_form(sent: list[Fix]) -> None:
    vehicle = NEW
    for fix in sent:
        outcome = advance(vehicle, fix, 7, RULES)
        vehicle = outcome.vehicle if isinstance(outcome, Advanced) else count_refusal(vehicle, outcome.reason)

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(vehicle), type=Vehicle) == vehicle


@given(fixes)
def test_every_position_is_counted_once(sent: list[Fix]) -> None:
    vehicle = NEW
    for fix in sent:
        outcome = advance(vehicle, fix, 7, RULES)
        vehicle = outcome.vehicle if isinstance(outcome, Advanced) else count_refusal(vehicle, outcome.reason)

    assert vehicle.accepted + sum(vehicle.refused.values()) == len(sent)


def test_a_fix_keeps_everything_the_position_says() -> None:
    position = Position(
        vehicle_id="van-1", time_ms=1, lat=2.0, lon=3.0, speed_mps=4.0, heading_deg=5.0, accuracy_m=6.0, altitude_m=7.0,
        ignition=True, odometer_m=8.0, fuel_l=9.0, device_id="d", attributes={"door": "open"},
    )  # fmt: skip

    said = {name: value for name, value in msgspec.to_builtins(position).items() if name != "vehicle_id"}
    kept = {name: getattr(fix_of(position), name) for name in Fix.__struct_fields__}
    assert kept == said
