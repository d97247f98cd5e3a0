"""The stored form of a profile and of what became of its changes."""

from fleet_app.domain.profiles.profile import DeviceSpan, FuelType, RuleOverrides, VehicleProfile
from fleet_app.domain.revisions import Kept, Outcome, Verdict
from fleet_app.domain.vehicle_class import VehicleClass
from tables.vehicle_profiles import VEHICLE_PROFILES

VAN = VehicleProfile(vehicle_id="van-7", revision=2, name="Van 7", devices=(DeviceSpan("phone-7", 5),))
ROW = Kept(VAN, (Outcome("a", Verdict.ACCEPTED, 1), Outcome("b", Verdict.STALE, 2)))
VERSION_1 = (
    b"\x01\x92\x84\xaavehicle_id\xa5van-7\xa4name\xa5Van 7\xa7devices\x91\x82\xa9device_id\xa7phone-7\xa7from_ms\x05"
    b"\xa8revision\x02\x92\x93\xa1a\xa8accepted\x01\x93\xa1b\xa5stale\x02"
)
BIKE = VehicleProfile(
    vehicle_id="bike-1",
    vehicle_class=VehicleClass.BICYCLE,
    plate="none",
    driver="Ada",
    group="north",
    tags=("cargo",),
    tenant="north",
    max_speed_mps=15.0,
    fuel_type=FuelType.NONE,
    overrides=RuleOverrides(speed_limit_mps=7.0, overspeed_told_s=5.0, idle_told_s=60.0, max_accuracy_m=30.0),
    revision=7,
)


def test_version_1_can_still_be_read() -> None:
    assert VEHICLE_PROFILES.decode(VERSION_1) == ROW


def test_what_is_written_today_is_read_today() -> None:
    assert VEHICLE_PROFILES.decode(VEHICLE_PROFILES.encode(ROW)) == ROW
    assert VEHICLE_PROFILES.decode(VEHICLE_PROFILES.encode(Kept(BIKE, ()))) == Kept(BIKE, ())
