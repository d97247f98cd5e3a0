import itertools
import random
from collections import Counter

import msgspec
import pytest

from fleet_app.demo.fleet import Due, drive_fleet
from fleet_app.demo.recording import FIX_EVERY_S, read_recording
from fleet_app.domain.geo import distance_m
from fleet_app.domain.position import read_position

RECORDING = read_recording()
BEGAN_MS = 1_700_000_000_000
TWO_LOOPS_AND_A_BIT_S = 2 * RECORDING.lasts_s + 60.0


def drive_for(span_s: float, seed: int = 7) -> list[Due]:
    fleet = drive_fleet(RECORDING, began_ms=BEGAN_MS, chance=random.Random(seed))
    return list(itertools.takewhile(lambda due: due.due_s < span_s, fleet))


@pytest.fixture(scope="module")
def dues() -> list[Due]:
    return drive_for(TWO_LOOPS_AND_A_BIT_S)


def test_the_same_chance_gives_the_same_reports_and_another_others() -> None:
    assert drive_for(120.0) == drive_for(120.0)
    assert drive_for(120.0) != drive_for(120.0, seed=8)


def test_reports_come_in_the_order_of_time_across_loops(dues: list[Due]) -> None:
    assert all(earlier.due_s <= later.due_s for earlier, later in itertools.pairwise(dues))


def test_a_report_is_sent_at_its_own_time(dues: list[Due]) -> None:
    assert all(due.position.time_ms == BEGAN_MS + round(due.due_s * 1000) for due in dues)


def test_reports_are_spread_over_the_five_seconds(dues: list[Due]) -> None:
    by_second = Counter(int(due.due_s % FIX_EVERY_S) for due in dues)

    assert len(by_second) == FIX_EVERY_S
    assert min(by_second.values()) > 0.15 * len(dues)


def test_every_van_reports_every_five_seconds(dues: list[Due]) -> None:
    reports = Counter(due.position.vehicle_id for due in dues if due.due_s < RECORDING.lasts_s)
    vans = {name: count for name, count in reports.items() if name.startswith("van-")}

    assert vans == {f"van-{number:02}": RECORDING.lasts_s / FIX_EVERY_S for number in range(1, 28)}


def test_a_van_keeps_its_error_from_loop_to_loop(dues: list[Due]) -> None:
    at_the_seam = [
        due.position
        for due in dues
        if due.position.vehicle_id == "van-04" and abs(due.due_s - RECORDING.lasts_s) < 2 * FIX_EVERY_S
    ]
    steps_m = [distance_m(a.lat, a.lon, b.lat, b.lon) for a, b in itertools.pairwise(at_the_seam)]

    assert len(steps_m) == 3
    assert max(steps_m) < 12.0


def test_every_report_keeps_the_input_contract(dues: list[Due]) -> None:
    few = dues[::97]

    assert [read_position(msgspec.json.encode(due.position)) for due in few] == [due.position for due in few]


def test_a_vehicle_says_what_it_is(dues: list[Due]) -> None:
    assert {(due.position.vehicle_id[:3], str(due.position.attributes)) for due in dues} == {
        ("van", "{'class': 'van'}"),
        ("car", "{'class': 'car'}"),
    }


def test_in_the_first_hour_vans_deliver_among_moving_cars(dues: list[Due]) -> None:
    moving = Counter(
        (due.position.vehicle_id[:3], int(due.due_s // 300))
        for due in dues
        if 600.0 <= due.due_s < 4_200.0 and (due.position.speed_mps or 0.0) > 1.0
    )
    per_five_minutes = 300 / FIX_EVERY_S

    assert min(count for (kind, _), count in moving.items() if kind == "van") > 5 * per_five_minutes
    assert min(count for (kind, _), count in moving.items() if kind == "car") > 30 * per_five_minutes
