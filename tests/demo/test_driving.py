import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.demo.city import Point, build_city
from fleet_app.demo.driving import Move, drive

CITY = build_city()
CROSSINGS = st.integers(0, len(CITY.crossings) - 1)
LONG_WAY = CITY.route(CITY.depot, 16)


def moves_along(way: list[int], seed: int, pace: float = 1.0) -> list[Move]:
    return list(drive(CITY, way, pace, random.Random(seed)))


def end_of(move: Move) -> tuple[Point, float]:
    return move.place_after(move.duration_s), move.speed_after(move.duration_s)


@given(CROSSINGS, CROSSINGS, st.integers(0, 1_000))
def test_a_drive_has_no_jump_in_place_or_speed(origin: int, destination: int, seed: int) -> None:
    here, speed_mps = CITY.crossings[origin], 0.0
    for move in moves_along(CITY.route(origin, destination), seed):
        assert move.duration_s > 0
        assert here.distance_m(move.origin) < 1e-6
        assert move.speed_mps == pytest.approx(speed_mps, abs=1e-6)
        here, speed_mps = end_of(move)

    assert here.distance_m(CITY.crossings[destination]) < 1e-6
    assert speed_mps == pytest.approx(0.0, abs=1e-6)


@given(st.integers(0, 1_000), st.floats(0.8, 1.1))
def test_nobody_drives_faster_than_the_pace_allows_or_pulls_harder_than_a_van(seed: int, pace: float) -> None:
    moves = moves_along(LONG_WAY, seed, pace)

    assert max(max(move.speed_mps, end_of(move)[1]) for move in moves) <= pace * 50 / 3.6 + 1e-6
    assert max(abs(move.acceleration_mps2) for move in moves) <= 2.0


def test_a_sharp_turn_is_taken_slowly() -> None:
    around_the_corner = [1, 0, 17]
    at_the_corner_mps = {
        move.speed_mps
        for seed in range(20)
        for move in moves_along(around_the_corner, seed)
        if move.origin.distance_m(CITY.crossings[0]) < 1e-6
    }

    assert max(at_the_corner_mps) == pytest.approx(4.5)


def test_red_lights_hold_some_drives_for_a_while_with_the_engine_on() -> None:
    waits = [
        move
        for seed in range(10)
        for move in moves_along(LONG_WAY, seed)
        if not move.speed_mps + move.acceleration_mps2
    ]

    assert waits
    assert all(5.0 <= wait.duration_s <= 35.0 and wait.ignition for wait in waits)


def test_a_drive_to_where_one_is_has_no_moves() -> None:
    assert moves_along([CITY.depot], seed=1) == []


def test_the_average_speed_is_that_of_a_town() -> None:
    moves = list(itertools.chain.from_iterable(moves_along(LONG_WAY, seed) for seed in range(20)))
    driven_m = sum(move.origin.distance_m(end_of(move)[0]) for move in moves)

    assert 15 / 3.6 < driven_m / sum(move.duration_s for move in moves) < 40 / 3.6
