"""The stored form of a vehicle's timer."""

from fleet_app.stream.declarations import Due
from tables.vehicle_timers import VEHICLE_TIMERS


def test_version_1_can_still_be_read() -> None:
    assert VEHICLE_TIMERS.decode(b"\x01\x91\xcf\x00\x00\x01\xa3\x18\\P\x00") == Due(1_800_000_000_000)


def test_what_is_written_today_is_read_today() -> None:
    assert VEHICLE_TIMERS.decode(VEHICLE_TIMERS.encode(Due(7))) == Due(7)
