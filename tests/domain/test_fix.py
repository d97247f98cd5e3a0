"""What is kept of a position."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.fix import Fix, fix_of
from fleet_app.domain.geo import distance_m
from fleet_app.domain.position import Position


def test_a_fix_keeps_everything_that_a_position_says() -> None:
    position = Position(
        vehicle_id="van-1", time_ms=1, lat=2.0, lon=3.0, speed_mps=4.0, heading_deg=5.0, accuracy_m=6.0, altitude_m=7.0,
        ignition=True, odometer_m=8.0, fuel_l=9.0, device_id="d", attributes={"door": "open"},
    )  # fmt: skip

    said = {name: value for name, value in msgspec.to_builtins(position).items() if name != "vehicle_id"}
    kept = {name: getattr(fix_of(position), name) for name in Fix.__struct_fields__}
    assert kept == said


@given(st.floats(-89, 89), st.floats(-180, 180), st.floats(0, 150), st.floats(0, 360), st.floats(0, 6_553))
def test_what_is_rounded_is_below_what_a_receiver_knows(
    lat: float, lon: float, speed_mps: float, heading_deg: float, accuracy_m: float
) -> None:
    position = Position(
        vehicle_id="v", time_ms=1, lat=lat, lon=lon, speed_mps=speed_mps, heading_deg=heading_deg, accuracy_m=accuracy_m
    )
    fix = fix_of(position)

    assert distance_m(lat, lon, fix.lat, fix.lon) < 0.012
    assert fix.speed_mps is not None
    assert abs(fix.speed_mps - speed_mps) <= 0.0051
    assert fix.heading_deg is not None
    assert abs(fix.heading_deg - heading_deg) <= 0.0051
    assert fix.accuracy_m is not None
    assert abs(fix.accuracy_m - accuracy_m) <= 0.051


def test_what_may_be_anywhere_is_kept_as_so_far_off_as_can_be_kept() -> None:
    position = Position(vehicle_id="v", time_ms=1, lat=0.0, lon=1.0, accuracy_m=1e6)

    assert fix_of(position).accuracy_m == 6_553.0


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 150))
def test_a_fix_that_was_rounded_is_not_changed_by_rounding_it_again(lat: float, lon: float, speed_mps: float) -> None:
    fix = fix_of(Position(vehicle_id="v", time_ms=1, lat=lat, lon=lon, speed_mps=speed_mps))
    again = Position(vehicle_id="v", time_ms=1, lat=fix.lat, lon=fix.lon, speed_mps=fix.speed_mps)

    assert fix_of(again) == fix
