import itertools
import random
from collections import Counter

import msgspec
import pytest

from fleet_app.demo.city import build_city
from fleet_app.demo.vans import FIX_EVERY_S, Due, drive_fleet, plan_tour
from fleet_app.domain.geo import distance_m
from fleet_app.domain.position import Position, read_position

CITY = build_city()
DAY_BEGAN_MS = 1_700_000_000_000
HOUR_S = 3_600.0
DEPOT = CITY.crossings[CITY.depot].degrees()


def drive_for(span_s: float, *, vans: int = 30, seed: int = 7) -> list[Due]:
    fleet = drive_fleet(CITY, vans=vans, seed=seed, day_began_ms=DAY_BEGAN_MS)
    return list(itertools.takewhile(lambda due: due.due_s < span_s, fleet))


@pytest.fixture(scope="module")
def hour() -> list[Due]:
    return drive_for(HOUR_S)


@pytest.fixture(scope="module")
def of_one_van(hour: list[Due]) -> list[Position]:
    return [due.position for due in hour if due.position.vehicle_id == "van-17"]


def test_the_same_seed_gives_the_same_fleet_and_another_seed_another() -> None:
    assert drive_for(120.0) == drive_for(120.0)
    assert drive_for(120.0) != drive_for(120.0, seed=8)


def test_each_van_reports_every_five_seconds(hour: list[Due]) -> None:
    reports = Counter(due.position.vehicle_id for due in hour)

    assert reports == {f"van-{number:02}": 720 for number in range(1, 31)}


def test_reports_arrive_in_order_and_spread_over_time(hour: list[Due]) -> None:
    gaps_s = [later.due_s - earlier.due_s for earlier, later in itertools.pairwise(hour)]

    assert min(gaps_s) > 0.0
    assert max(gaps_s) == pytest.approx(FIX_EVERY_S / 30)


def test_a_report_carries_the_time_it_is_due(hour: list[Due]) -> None:
    assert all(due.position.time_ms == DAY_BEGAN_MS + round(due.due_s * 1000) for due in hour)


def test_every_report_keeps_the_input_contract(hour: list[Due]) -> None:
    assert all(read_position(msgspec.json.encode(due.position)) == due.position for due in hour)


def test_a_van_leaves_the_depot_calls_at_customers_and_returns(of_one_van: list[Position]) -> None:
    away_m = [distance_m(*DEPOT, position.lat, position.lon) for position in of_one_van]
    parked = [position.ignition is False for position in of_one_van]
    calls = sum(before and not after for before, after in itertools.pairwise(parked))

    assert away_m[0] < 30
    assert max(away_m) > 500
    assert min(away_m[200:]) < 30
    assert calls > 6


def test_the_reported_speed_is_the_speed_over_ground(of_one_van: list[Position]) -> None:
    moved_m = sum(distance_m(a.lat, a.lon, b.lat, b.lon) for a, b in itertools.pairwise(of_one_van) if b.ignition)
    by_speed_m = sum(FIX_EVERY_S * (position.speed_mps or 0.0) for position in of_one_van if position.ignition)

    assert moved_m == pytest.approx(by_speed_m, rel=0.1)


def test_a_van_that_stands_reports_no_heading(hour: list[Due]) -> None:
    assert all(due.position.heading_deg is None for due in hour if (due.position.speed_mps or 0.0) < 0.99)


def test_after_ten_minutes_a_good_part_of_the_fleet_is_on_the_road(hour: list[Due]) -> None:
    on_the_road = Counter(
        int(due.due_s // 60) for due in hour if due.due_s > 600 and (due.position.speed_mps or 0.0) > 1.0
    )

    assert min(on_the_road.values()) > 30 * 12 * 0.2


def test_a_tour_calls_at_each_stop_once_and_stays_in_its_district() -> None:
    tour = plan_tour(CITY, "Harbour", random.Random(3))

    assert 6 <= len(tour) <= 14
    assert len(set(tour)) == len(tour)
    assert set(tour) <= set(CITY.districts["Harbour"])
