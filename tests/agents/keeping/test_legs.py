"""Trips and stops: when they are told, what revises them, what is kept of them."""

import msgspec
import pytest

from agents.keeping.legs import Legs
from agents.keeping.tracks import Tracks
from fleet_app.domain.legs import Ending, LegKind
from fleet_app.domain.polyline import encoded
from fleet_app.records.leg import TripOrStop
from fleet_app.topics import TRIPS
from tests.agents.one_van import OneVan
from tests.domain.drives import START_MS, driving, fix_at, standing

TO_WORK = [*standing(0, 600), *driving(600, 1_200)]
AT_WORK = standing(1_200, 1_800, 10, 6_000)


@pytest.fixture
def van() -> OneVan:
    return OneVan()


def told(van: OneVan) -> list[tuple[str, str, int]]:
    """Return kind, ending and revision of what was told."""
    legs: list[TripOrStop] = van.values(TRIPS)
    return [(leg.kind.value, leg.ending.value, leg.revision) for leg in legs]


def test_a_trip_is_told_when_the_vehicle_has_stopped(van: OneVan) -> None:
    van.send_at_once(TO_WORK, AT_WORK)

    stop, trip = van.values(TRIPS)
    assert told(van) == [("stop", "departure", 1), ("trip", "stop", 1)]
    assert (stop.start_ms, stop.end_ms) == (START_MS, trip.start_ms)
    assert trip.end_ms == pytest.approx(START_MS + 1_200_000, abs=20_000)
    assert trip.distance_m == pytest.approx(6_000, rel=0.02)
    assert trip.id == f"van-1@{trip.start_ms}"


def test_a_trip_has_a_way_and_a_stop_a_place(van: OneVan) -> None:
    van.send_at_once(TO_WORK, AT_WORK)

    stop, trip = van.values(TRIPS)
    assert stop.polyline == ""
    assert trip.polyline == encoded([(trip.start_lat, trip.start_lon), (trip.end_lat, trip.end_lon)])


def test_the_rows_hold_what_was_told(van: OneVan) -> None:
    van.send_at_once(TO_WORK, AT_WORK, driving(1_800, 1_900, 6_000))
    rows = van.contents["trips"]

    assert [(number, kept.leg.kind, kept.revision) for (_, number), kept in sorted(rows.items())] == [
        (leg.start_ms, leg.kind, leg.revision) for leg in van.legs()
    ]
    assert [kept.leg.kind for _, kept in sorted(rows.items())] == [LegKind.STOP, LegKind.TRIP, LegKind.STOP]


def test_a_trip_that_adds_up_to_the_same_on_another_way_is_told_again(van: OneVan) -> None:
    van.send_at_once(TO_WORK, AT_WORK)
    before = van.values(TRIPS)[-1]
    kept = van.contents["trips"]["van-1", before.start_ms]
    van.contents["trips"]["van-1", before.start_ms] = msgspec.structs.replace(kept, polyline="elsewhere")
    # A late fix where the vehicle stood before: the trip is run over again, and is what it was.
    van.bring_fix(fix_at(305), START_MS + 1_900_000)
    van.wait(60)

    again = van.values(TRIPS)[-1]
    assert (again.id, again.polyline, again.revision) == (before.id, before.polyline, 2)


def test_silence_ends_a_trip_by_a_timer(van: OneVan) -> None:
    van.send_at_once(TO_WORK)
    before = told(van)
    van.wait(310)

    assert before == [("stop", "departure", 1)]
    assert told(van)[1:] == [("trip", "silence", 1)]


def test_silence_ends_no_stop(van: OneVan) -> None:
    van.send_at_once(TO_WORK, AT_WORK)
    van.wait(7_200)

    assert told(van) == [("stop", "departure", 1), ("trip", "stop", 1)]


def test_a_vehicle_that_turns_up_elsewhere_confirms_what_silence_ended(van: OneVan) -> None:
    van.send_at_once(TO_WORK)
    van.wait(600)
    van.send_at_once(standing(2_000, 2_300, 10, 20_000))

    assert told(van)[1:] == [("trip", "silence", 1)]


def test_a_stretch_that_was_held_up_goes_on_with_the_trip_that_silence_ended(van: OneVan) -> None:
    van.send_at_once(TO_WORK)
    van.wait(600)
    [_, by_silence] = van.values(TRIPS)
    van.bring_now([*driving(1_200, 1_500, 6_000), *standing(1_500, 1_700, 10, 9_000)])
    [_, trip] = van.legs()

    assert (by_silence.ending, trip.ending) == (Ending.SILENCE, Ending.STOP)
    assert (trip.id, trip.revision, trip.start_ms) == (by_silence.id, 2, by_silence.start_ms)
    assert trip.distance_m > by_silence.distance_m + 2_900


def test_a_vehicle_that_turns_out_to_be_elsewhere_ends_its_trip(van: OneVan) -> None:
    van.send_at_once(TO_WORK, [fix_at(second, 900_000) for second in range(1_200, 1_260, 10)])

    assert told(van)[1:] == [("trip", "new_anchor", 1)]


def test_legs_are_forgotten_after_a_month(van: OneVan) -> None:
    van.send_at_once(TO_WORK, AT_WORK, [fix_at(29 * 86_400), fix_at(29 * 86_400 + 60)])
    before = len(van.contents["trips"])
    van.send_at_once([fix_at(32 * 86_400), fix_at(32 * 86_400 + 60)])

    assert (before, van.contents["trips"]) == (3, {})


def test_a_trip_that_is_back_after_it_was_withdrawn_goes_on_with_its_revisions(van: OneVan) -> None:
    van.send_at_once(TO_WORK, AT_WORK)
    vehicle, track = van.vehicle, van.track
    legs = Legs(van, Tracks(van))
    [trip] = [kept.leg for kept in van.contents["trips"].values() if kept.leg.kind is LegKind.TRIP]

    legs.withdraw(vehicle, [trip])
    legs.tell(vehicle, track, [trip])
    legs.withdraw(vehicle, [trip])
    legs.tell(vehicle, track, [trip])

    known = [leg for leg in van.values(TRIPS) if leg.kind is LegKind.TRIP]
    assert [(leg.revision, leg.is_withdrawn) for leg in known] == [
        (1, False), (2, True), (3, False), (4, True), (5, False),
    ]  # fmt: skip
    assert van.contents["withdrawn_legs"] == {}
