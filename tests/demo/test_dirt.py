import itertools
import random
from collections import Counter

import pytest

from fleet_app.demo.dirt import spoil
from fleet_app.demo.fleet import Due
from fleet_app.domain.geo import distance_m
from fleet_app.domain.position import Position

COUNT = 40_000


def clean(vehicle_id: str = "van-01", count: int = COUNT) -> list[Due]:
    return [
        Due(tick / 30, Position(vehicle_id=vehicle_id, time_ms=tick * 1000 // 30, lat=52.43, lon=13.53))
        for tick in range(count)
    ]


def spoilt(dues: list[Due], seed: int = 5) -> list[Due]:
    return list(spoil(iter(dues), random.Random(seed)))


def changed(before: list[Due], after: list[Due]) -> list[Due]:
    """Return the reports that are not sent as they were meant to be."""
    meant = {(due.due_s, due.position) for due in before}
    return [due for due in after if (due.due_s, due.position) not in meant]


@pytest.fixture(scope="module")
def sent() -> list[Due]:
    return spoilt(clean())


def test_the_same_chance_spoils_the_same_reports() -> None:
    assert spoilt(clean(count=5_000)) == spoilt(clean(count=5_000))
    assert spoilt(clean(count=5_000)) != spoilt(clean(count=5_000), seed=6)


def test_everything_is_sent_in_order(sent: list[Due]) -> None:
    assert all(earlier.due_s <= later.due_s for earlier, later in itertools.pairwise(sent))


def test_very_little_is_spoilt(sent: list[Due]) -> None:
    assert 0 < len(changed(clean(), sent)) < COUNT / 250


def test_much_goes_wrong_where_a_cable_is_loose() -> None:
    before = clean("van-13")

    assert COUNT / 30 < len(changed(before, spoilt(before))) < COUNT / 15


def test_some_reports_come_twice_the_second_time_later(sent: list[Due]) -> None:
    times = Counter(due.position for due in sent)

    assert set(times.values()) == {1, 2}


def test_some_reports_come_late_but_none_by_more_than_a_minute_and_a_half(sent: list[Due]) -> None:
    delays_s = [due.due_s - due.position.time_ms / 1000 for due in sent]

    assert max(delays_s) < 91.0
    assert sum(delay_s > 8.0 for delay_s in delays_s) > 10


def test_some_reports_are_far_astray_at_their_own_time(sent: list[Due]) -> None:
    away_m = [distance_m(52.43, 13.53, due.position.lat, due.position.lon) for due in sent]
    astray_m = [away for away in away_m if away > 0.0]

    assert len(astray_m) > 10
    assert 390.0 < min(astray_m) <= max(astray_m) < 20_500.0


def test_no_report_is_lost_but_those_at_the_end_that_are_not_due_yet(sent: list[Due]) -> None:
    arrived = {due.position.time_ms for due in sent}
    last_s = clean()[-1].due_s
    missing_ms = [due.position.time_ms for due in clean() if due.position.time_ms not in arrived]

    assert all(time_ms / 1000 > last_s - 91.0 for time_ms in missing_ms)
