import json

from fleet_app.bench.drives import Fleet, drives
from fleet_app.bench.fill import partitions_of
from fleet_app.bench.load import vehicle_id
from fleet_app.bench.streaming import TICK_MS, Streaming, intervals

FLEET = Fleet(vehicles=50, fixes=3, interval_s=1, first_ms=1_000_000, seed=1)


def test_every_position_is_sent_once_when_its_interval_has_ended() -> None:
    home = partitions_of(FLEET.vehicles, 4)
    reported = list(drives(FLEET))
    sent = list(intervals(iter(reported), home))

    assert [each.due_ms for each in sent] == sorted({each.due_ms for each in sent})
    assert all(
        0 < interval.due_ms - time_ms <= TICK_MS
        for interval in sent
        for records in interval.records.values()
        for time_ms, _, _ in records
    )
    assert sorted(
        value for interval in sent for records in interval.records.values() for _, _, value in records
    ) == sorted(each.value for each in reported)


def test_a_position_goes_to_its_vehicles_partition_under_its_key() -> None:
    home = partitions_of(FLEET.vehicles, 4)
    sent = [
        (partition, key, json.loads(value)["vehicle_id"])
        for interval in intervals(drives(FLEET), home)
        for partition, records in interval.records.items()
        for _, key, value in records
    ]
    expected = {(home[number], vehicle_id(number).encode(), vehicle_id(number)) for number in range(FLEET.vehicles)}

    assert set(sent) == expected


def test_the_rate_follows_from_the_fleet() -> None:
    assert Streaming(vehicles=10_000, interval_s=5, seconds=1, seed=1).rate == 2_000
