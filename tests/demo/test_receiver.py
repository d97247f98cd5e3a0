import itertools
import random
from statistics import fmean, pstdev

import msgspec
import pytest

from fleet_app.demo.receiver import Receiver
from fleet_app.demo.recording import FIX_EVERY_S, Row
from fleet_app.demo.replay import Moment
from fleet_app.domain.geo import distance_m, metres_per_degree
from fleet_app.domain.position import Position, read_position

BEGAN_MS = 1_700_000_000_000
PLACE = Row(lat=52.43, lon=13.53, speed_mps=0.0, heading_deg=359)


def reports(row: Row = PLACE, *, number: int = 0, dwell_s: int = 0, count: int = 20_000) -> list[Position]:
    receiver = Receiver("van-01", number, "van", random.Random(3))
    return [receiver.report(Moment(tick * FIX_EVERY_S, row, dwell_s), BEGAN_MS) for tick in range(count)]


def errors_north_m(positions: list[Position]) -> list[float]:
    _, north_m_per_degree = metres_per_degree(PLACE.lat)
    return [(position.lat - PLACE.lat) * north_m_per_degree for position in positions]


def errors_east_m(positions: list[Position]) -> list[float]:
    east_m_per_degree, _ = metres_per_degree(PLACE.lat)
    return [(position.lon - PLACE.lon) * east_m_per_degree for position in positions]


def test_the_error_is_three_metres_each_way_about_the_truth() -> None:
    positions = reports()

    for errors_m in (errors_north_m(positions), errors_east_m(positions)):
        assert fmean(errors_m) == pytest.approx(0.0, abs=0.3)
        assert pstdev(errors_m) == pytest.approx(3.0, rel=0.05)


def test_the_error_drifts_and_is_forgotten_after_twenty_seconds_or_so() -> None:
    errors_m = errors_north_m(reports())
    variance = fmean(error_m**2 for error_m in errors_m)
    after_5_s = fmean(a * b for a, b in itertools.pairwise(errors_m)) / variance
    after_20_s = fmean(a * b for a, b in zip(errors_m, errors_m[4:], strict=False)) / variance

    assert after_5_s == pytest.approx(0.78, abs=0.03)
    assert after_20_s == pytest.approx(0.37, abs=0.05)


def test_the_speed_is_off_by_a_little_and_never_negative() -> None:
    fast = [position.speed_mps or 0.0 for position in reports(PLACE._replace(speed_mps=12.0))]
    standing = [position.speed_mps or 0.0 for position in reports()]

    assert fmean(fast) == pytest.approx(12.0, abs=0.02)
    assert pstdev(fast) == pytest.approx(0.3, rel=0.05)
    assert min(standing) == 0.0
    assert max(standing) < 2.0


def test_a_vehicle_that_stands_or_crawls_reports_no_heading() -> None:
    crawling = reports(PLACE._replace(speed_mps=1.0))

    assert all((position.heading_deg is None) == ((position.speed_mps or 0.0) < 1.0) for position in crawling)


def test_a_heading_about_north_stays_within_the_circle() -> None:
    headings_deg = [position.heading_deg or 0.0 for position in reports(PLACE._replace(speed_mps=12.0))]
    off_deg = [(heading_deg - 359.0 + 180.0) % 360.0 - 180.0 for heading_deg in headings_deg]

    assert 0.0 <= min(headings_deg) <= max(headings_deg) <= 360.0
    assert pstdev(off_deg) == pytest.approx(3.0, rel=0.05)


def test_the_stated_accuracy_is_about_as_wide_as_the_error() -> None:
    positions = reports()
    within = [
        distance_m(PLACE.lat, PLACE.lon, position.lat, position.lon) <= (position.accuracy_m or 0.0)
        for position in positions
    ]

    assert 0.6 < fmean(within) < 0.85


def test_a_report_carries_the_time_of_its_moment_and_keeps_the_input_contract() -> None:
    for tick, position in enumerate(reports(count=5)):
        assert position.time_ms == BEGAN_MS + tick * FIX_EVERY_S * 1000
        assert read_position(msgspec.json.encode(position)) == position


@pytest.mark.parametrize(
    ("dwell_s", "ignitions"),
    [
        (0, [True, True, None, True, True]),
        (60, [True, False, None, True, True]),
        (300, [False, False, None, False, True]),
        (1_200, [False, False, None, False, False]),
    ],
)
def test_drivers_switch_off_sooner_or_later_and_some_receivers_cannot_tell(
    dwell_s: int, ignitions: list[bool | None]
) -> None:
    assert [reports(number=number, dwell_s=dwell_s, count=1)[0].ignition for number in range(5)] == ignitions
