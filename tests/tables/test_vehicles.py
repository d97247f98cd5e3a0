"""The stored form of a vehicle."""

import pytest

from fleet_app.domain.vehicle import Fix, Vehicle
from fleet_app.domain.windows import Pane
from fleet_app.stream.declarations import UnknownVersionError
from tables.vehicles import VEHICLES

VERSION_1 = (
    b"\x01\x99\xa5van-1\xa7default\x9c\xcd\x03\xe8\xcb@J\x00\x00\x00\x00\x00\x00\xcb@*\x00\x00\x00\x00\x00\x00"
    b"\xcb@\x14\x00\x00\x00\x00\x00\x00\xc0\xc0\xc0\xc3\xc0\xc0\xc0\xc0\xcd\x07\xd0\xcb@Y\x00\x00\x00\x00\x00\x00\x02"
    b"\x81\xa9duplicate\x01\x91\x93\xcd\x03\xe8\xcb@J\x00\x00\x00\x00\x00\x00\xcb@*\x00\x00\x00\x00\x00\x00\x91\x96\x00"
    b"\x02\xcb@Y\x00\x00\x00\x00\x00\x00\x01\xcb@\x14\x00\x00\x00\x00\x00\x00\xcb@\x14\x00\x00\x00\x00\x00\x00"
)
VEHICLE = Vehicle(
    vehicle_id="van-1",
    last=Fix(1_000, 52.0, 13.0, speed_mps=5.0, ignition=True),
    received_ms=2_000,
    odometer_m=100.0,
    accepted=2,
    refused={"duplicate": 1},
    recent=[(1_000, 52.0, 13.0)],
    panes=[Pane(0, 2, 100.0, 1, 5.0, 5.0)],
)


def test_version_1_can_still_be_read() -> None:
    assert VEHICLES.decode(VERSION_1) == VEHICLE


def test_what_is_written_today_is_read_today() -> None:
    assert VEHICLES.decode(VEHICLES.encode(VEHICLE)) == VEHICLE


def test_a_newer_version_is_refused_by_name() -> None:
    with pytest.raises(UnknownVersionError, match=r"table vehicles: a value has version 9, this release knows up to 1"):
        VEHICLES.decode(b"\x09" + VERSION_1[1:])
