"""The stored form of a vehicle."""

from datetime import UTC

import pytest

from fleet_app.domain.panes import Pane, PaneRules, PaneSet
from fleet_app.domain.repeats import pack
from fleet_app.domain.vehicle import Advanced, Fix, Vehicle, advance
from fleet_app.stream.declarations import UnknownVersionError
from tables.vehicles import VEHICLES

VERSION_1 = (
    b"\x01\x99\xa5van-1\xa7default\x9c\xcd\x03\xe8\xcb@J\x00\x00\x00\x00\x00\x00\xcb@*\x00\x00\x00\x00\x00\x00"
    b"\xcb@\x14\x00\x00\x00\x00\x00\x00\xc0\xc0\xc0\xc3\xc0\xc0\xc0\xc0\xcd\x07\xd0\xcb@Y\x00\x00\x00\x00\x00\x00\x02"
    b"\x81\xa9duplicate\x01\x91\x93\xcd\x03\xe8\xcb@J\x00\x00\x00\x00\x00\x00\xcb@*\x00\x00\x00\x00\x00\x00\x91\x96\x00"
    b"\x02\xcb@Y\x00\x00\x00\x00\x00\x00\x01\xcb@\x14\x00\x00\x00\x00\x00\x00\xcb@\x14\x00\x00\x00\x00\x00\x00"
)
VERSION_2 = (
    b"\x02\x9a\xa5van-1\xa7default\x9c\xcd\x03\xe8\xcb@J\x00"
    b"\x00\x00\x00\x00\x00\xcb@*\x00\x00\x00\x00\x00\x00\xcb@\x14\x00\x00\x00\x00\x00\x00\xc0"
    b"\xc0\xc0\xc3\xc0\xc0\xc0\xc0\xcd\x07\xd0\xcd\x07\xd0\xcb@Y\x00\x00\x00\x00\x00\x00\x02\x81"
    b"\xa9duplicate\x01\xc4\x18\xe8\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    b"\x00\x00\x00J@\x00\x00\x00\x00\x00\x00*@\x93\x91\x98\x00\xcd\xea`\x02\xcb@Y"
    b"\x00\x00\x00\x00\x00\x00\x01\xcb@\x14\x00\x00\x00\x00\x00\x00\xcb@\x14\x00\x00\x00\x00\x00"
    b"\x00\x00\x90\x90"
)
VEHICLE = Vehicle(
    vehicle_id="van-1",
    last=Fix(1_000, 52.0, 13.0, speed_mps=5.0, ignition=True),
    last_received_ms=2_000,
    received_ms=2_000,
    odometer_m=100.0,
    accepted=2,
    refused={"duplicate": 1},
    recent=pack([(1_000, 52.0, 13.0)]),
    open=PaneSet(minutes=(Pane(0, 60_000, 2, 100.0, 1, 5.0, 5.0),)),
)


def test_version_1_can_still_be_read_its_minutes_are_open() -> None:
    assert VEHICLES.decode(VERSION_1) == VEHICLE


def test_the_minutes_of_version_1_become_rows_with_the_next_fix() -> None:
    moved = advance(VEHICLES.decode(VERSION_1), Fix(200_000, 52.0, 13.0), 201_000, PaneRules(5_000, UTC))

    assert isinstance(moved, Advanced)
    assert moved.closed.minutes == VEHICLE.open.minutes


def test_version_2_can_still_be_read() -> None:
    assert VEHICLES.decode(VERSION_2) == VEHICLE


def test_what_is_written_today_is_read_today() -> None:
    assert VEHICLES.decode(VEHICLES.encode(VEHICLE)) == VEHICLE


def test_a_newer_version_is_refused_by_name() -> None:
    with pytest.raises(UnknownVersionError, match=r"table vehicles: a value has version 9, this release knows up to 2"):
        VEHICLES.decode(b"\x09" + VERSION_1[1:])
