import json
from collections import Counter
from itertools import pairwise
from math import hypot

import msgspec

from fleet_app.bench.drives import Fleet, Kind, Reported, drives
from fleet_app.bench.load import FIRST_MS, vehicle_id
from fleet_app.domain.position import Position, read_position

FLEET = Fleet(vehicles=50, fixes=200, interval_s=5, first_ms=FIRST_MS, seed=1)


def positions(reported: list[Reported]) -> list[Position]:
    read = [read_position(each.value) for each in reported]
    return [position for position in read if isinstance(position, Position)]


def of_one(vehicle: int, kind: Kind) -> list[Reported]:
    return [each for each in drives(FLEET) if each.vehicle == vehicle and each.kind is kind]


def steps_m(of_vehicle: list[Position]) -> list[float]:
    return [
        hypot((after.lat - before.lat) * 111_195, (after.lon - before.lon) * 111_195 * 0.63)
        for before, after in pairwise(of_vehicle)
    ]


def test_the_same_fleet_drives_the_same_way() -> None:
    assert list(drives(FLEET)) == list(drives(FLEET))
    assert list(drives(FLEET)) != list(drives(msgspec.structs.replace(FLEET, seed=2)))


def test_a_record_says_what_stands_in_it_and_all_are_in_order() -> None:
    reported = list(drives(FLEET))
    read = positions(reported)

    assert [(vehicle_id(each.vehicle), each.time_ms) for each in reported] == [
        (position.vehicle_id, position.time_ms) for position in read
    ]
    assert sorted(each.time_ms for each in reported) == [each.time_ms for each in reported]


def test_each_vehicle_reports_once_in_an_interval() -> None:
    times_ms = [each.time_ms for each in drives(FLEET) if each.vehicle == 3 and each.kind is not Kind.REPEATED]

    assert {later - earlier for earlier, later in pairwise(times_ms)} == {5_000}
    assert len(times_ms) == 200


def test_values_are_of_the_size_that_devices_send() -> None:
    sizes = [len(each.value) for each in drives(FLEET)]

    assert 140 <= sum(sizes) / len(sizes) <= 180


def test_vans_drive_and_stop() -> None:
    speeds_mps = [step_m / 5 for step_m in steps_m(positions(of_one(7, Kind.TRUE)))]

    assert max(speeds_mps) > 7
    assert min(speeds_mps) < 1
    assert max(speeds_mps) < 30


def test_some_devices_tell_neither_speed_nor_ignition() -> None:
    told = Counter[bool]()
    for each in drives(msgspec.structs.replace(FLEET, vehicles=1_000, fixes=1)):
        told.update(field in json.loads(each.value) for field in ("speed_mps", "ignition"))

    assert 1_200 < told[True] < 1_400


def test_a_few_are_astray_or_come_twice_but_no_first_one() -> None:
    fleet = msgspec.structs.replace(FLEET, vehicles=1_000)
    reported = list(drives(fleet))
    kinds = Counter(each.kind for each in reported)

    assert kinds[Kind.TRUE] + kinds[Kind.ASTRAY] == 200_000
    assert 50 < kinds[Kind.ASTRAY] < 150
    assert 50 < kinds[Kind.REPEATED] < 150
    assert all(each.time_ms >= FIRST_MS + 5_000 for each in reported if each.kind is Kind.ASTRAY)


def test_what_is_repeated_is_the_record_before() -> None:
    reported = list(drives(msgspec.structs.replace(FLEET, vehicles=1_000)))
    repeated = [(before, after) for before, after in pairwise(reported) if after.kind is Kind.REPEATED]

    assert repeated
    assert all(before.value == after.value for before, after in repeated)
