"""A vehicle's first change is told at once, the next ones at the pace that was asked for."""

import pytest

from fleet_app.live import pacing
from fleet_app.live.fleet import LiveFleet, Place
from fleet_app.live.frames import Changes
from fleet_app.live.pacing import Pace, frames_between
from fleet_app.live.wanted import Cell
from fleet_app.records.vehicle_now import VehicleNow
from tests.live.fakes import BERLIN, MADRID, NOW_MS, fleet_of, vehicle


class Paced:
    """A fleet and its pace."""

    def __init__(self, interval: int, *vehicles: VehicleNow) -> None:
        self.fleet: LiveFleet = fleet_of(*vehicles)
        self.pace = Pace(interval)
        self.fleet.listener = self.pace.note

    def put(self, value: VehicleNow) -> None:
        self.fleet.put(Place(0, self.fleet.positions[0]), value)

    def remove(self, vehicle_id: str) -> None:
        self.fleet.remove(Place(0, self.fleet.positions[0]), vehicle_id)

    def cells(self, frame: int) -> dict[Cell, Changes]:
        return self.pace.take(self.fleet, frame)

    def times(self, frame: int) -> list[int]:
        """Return the times that a frame tells, in ms after the first."""
        return [row.value.time_ms - NOW_MS for changes in self.cells(frame).values() for row in changes.rows]

    @property
    def told(self) -> int:
        return self.pace.told_before(self.fleet.version)


@pytest.mark.parametrize(("rate", "frames"), [(1, 10), (2, 5), (3, 4), (5, 2), (9, 2), (10, 1)])
def test_a_rate_is_rounded_down_to_whole_frames(rate: int, frames: int) -> None:
    assert frames_between(rate) == frames


def test_a_first_change_is_told_at_once_and_the_next_ones_in_their_newest_state() -> None:
    paced = Paced(10)
    told = []
    for frame in range(25):
        paced.put(vehicle("a", NOW_MS + frame))
        told.append(paced.times(frame))

    assert [times for times in told if times] == [[0], [10], [20]]
    assert [frame for frame, times in enumerate(told) if times] == [0, 10, 20]


def test_after_a_pause_a_change_is_told_at_once() -> None:
    paced = Paced(10)
    paced.put(vehicle("a"))
    paced.times(0)
    paced.put(vehicle("a", NOW_MS + 1))

    assert paced.times(500) == [1]


def test_that_a_vehicle_is_gone_does_not_wait() -> None:
    paced = Paced(10)
    paced.put(vehicle("a"))
    paced.times(0)
    paced.remove("a")

    (changes,) = paced.cells(1).values()

    assert [gone.vehicle_id for gone in changes.gone] == ["a"]
    assert not paced.pace.has_unsent


def test_who_moves_to_another_cell_is_gone_in_one_and_named_in_the_other() -> None:
    paced = Paced(10, vehicle("a", at=BERLIN))
    paced.put(vehicle("a", NOW_MS + 1, MADRID))

    left, entered = paced.cells(0).values()

    assert (len(left.gone), len(left.rows)) == (1, 0)
    assert (len(entered.gone), len(entered.rows), len(entered.named)) == (0, 1, 1)


def test_who_was_somewhere_between_two_frames_is_gone_from_there_too() -> None:
    paced = Paced(10)
    paced.put(vehicle("a", at=BERLIN))
    paced.put(vehicle("a", at=MADRID))
    paced.remove("a")

    assert [len(changes.gone) for changes in paced.cells(0).values()] == [1, 1]


def test_it_is_known_up_to_where_everything_has_been_told() -> None:
    paced = Paced(10)
    paced.put(vehicle("a"))
    assert paced.told == 0

    paced.times(0)
    assert paced.told == paced.fleet.version == 1

    paced.put(vehicle("a", NOW_MS + 1))
    paced.put(vehicle("b"))
    paced.times(1)
    assert (paced.told, paced.fleet.version) == (1, 3)

    paced.times(10)
    assert paced.told == 3


def test_a_flood_is_told_in_several_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "MOST_ROWS", 2)
    paced = Paced(1)
    for vehicle_id in "abcde":
        paced.put(vehicle(vehicle_id))

    assert [len(paced.times(frame)) for frame in range(4)] == [2, 2, 1, 0]
