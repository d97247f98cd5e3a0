"""Late fixes: what is told in the end is what would have been told had they come in time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fleet_app.domain.edges import Size
from fleet_app.domain.events import EventType
from fleet_app.domain.fix import Fix
from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.legs import LegKind
from fleet_app.domain.refusals import Reason
from fleet_app.domain.vehicle import REPAIR_MS
from fleet_app.global_views import GEOFENCES
from fleet_app.records.leg import TripOrStop
from fleet_app.topics import FIXES, REJECTED, TRIPS
from tests.agents.one_van import COUNTED, DAY_MS, HOUR_MS, Arrival, OneVan, at_once, position_of
from tests.domain.drives import (
    LAT,
    LON,
    ORDERED_KINDS,
    RECORDINGS,
    START_MS,
    drives,
    driving,
    fix_at,
    recorded,
    standing,
)

GEOFENCE_EVENTS = (EventType.GEOFENCE_ENTERED, EventType.GEOFENCE_EXITED)
ORDERS = ("in order", "newest first", "in any order", "all at once")


@pytest.fixture
def van() -> OneVan:
    return OneVan()


@dataclass
class CutDrive:
    """A drive, of which a stretch, by the numbers of its fixes, comes an hour late; and in which order it does."""

    fixes: Sequence[Fix] = field(repr=False)
    first: int
    last: int
    order: str


def an_hour_late(cut: CutDrive) -> list[Arrival]:
    """Return when each fix comes in: those of the stretch from an hour after its last one on."""
    fixes, stretch = cut.fixes, list(cut.fixes[cut.first : cut.last])
    since_ms, step_ms = stretch[-1].time_ms + HOUR_MS, 0 if cut.order == "all at once" else 20
    in_order = {
        "in order": stretch,
        "all at once": stretch,
        "newest first": stretch[::-1],
        "in any order": Random(cut.first).sample(stretch, len(stretch)),
    }
    late = [Arrival(since_ms + number * step_ms, fix) for number, fix in enumerate(in_order[cut.order])]
    rest = at_once([*fixes[: cut.first], *fixes[cut.last :]])
    return sorted([*rest, *late], key=lambda arrival: arrival.received_ms)


def brought(arrivals: Sequence[Arrival]) -> OneVan:
    """Return the van after everything has come in, and a day of silence."""
    van = OneVan()
    van.bring_all(arrivals)
    van.wait_until(max(fix.time_ms for _, fix in arrivals) + DAY_MS + 2 * HOUR_MS)
    return van


def answers(van: OneVan) -> list[object]:
    """Return all that the van's tables and topics say in the end, but for ids, revisions and the last digits."""
    course = van.vehicle.course
    assert course is not None
    return [
        [leg_facts(leg) for leg in van.legs() if not goes_on_again(van, leg)],
        {size: {start_ms: sums(told) for start_ms, told in van.windows(size).items()} for size in Size},
        sums(course.totals),
        +Counter(van.vehicle.refused),
        (course.last, course.state, course.speed_source, course.leg and (course.leg.kind, course.leg.start_ms)),
    ]


def goes_on_again(van: OneVan, leg: TripOrStop) -> bool:
    """Return whether a stop that was over turned out not to be; it is told anew when it is."""
    course = van.vehicle.course
    goes_on = None if course is None else course.leg
    return goes_on is not None and goes_on.kind is leg.kind is LegKind.STOP and leg.id == f"van-1@{goes_on.number}"


def leg_facts(leg: TripOrStop) -> object:
    whole = (leg.kind, leg.start_ms, leg.end_ms, leg.ending, leg.polyline, leg.max_speed_mps)
    return whole, sums(leg)


def sums(told: object) -> object:
    return {name: pytest.approx(getattr(told, name), abs=0.01) for name in COUNTED}


def begins_at_its_number(leg: TripOrStop) -> bool:
    return leg.id == f"van-1@{leg.start_ms}"


def consecutive(van: OneVan) -> bool:
    """Return whether each leg's revisions are 1, 2, 3, each of which says something new."""
    told: dict[str, list[TripOrStop]] = {}
    for leg in van.values(TRIPS):
        told.setdefault(leg.id, []).append(leg)
    return all([leg.revision for leg in legs] == [*range(1, len(legs) + 1)] for legs in told.values())


def events_once(van: OneVan) -> bool:
    told = [event.id for event in van.events()]
    return len(set(told)) == len(told)


def standing_after(fix: Fix, seconds: Sequence[int]) -> list[Fix]:
    """Return fixes at the same place so much later: of a drive's last fix nobody could tell whether it is true."""
    return [msgspec.structs.replace(fix, time_ms=fix.time_ms + 1_000 * each, attributes=None) for each in seconds]


@st.composite
def cut_drives(draw: st.DrawFn) -> CutDrive:
    fixes = draw(
        drives(ORDERED_KINDS).filter(lambda fixes: fixes[-1].time_ms - fixes[0].time_ms < DAY_MS - 2 * HOUR_MS)
    )
    first = draw(st.integers(0, len(fixes) - 1))
    last = draw(st.integers(first + 1, len(fixes)))
    ended = [*fixes, *standing_after(fixes[-1], (10, 20, 30))]
    return CutDrive(ended, first, last, draw(st.sampled_from(ORDERS)))


FAR_LON = 13.552053
"""1.5 km east of where drives begin."""
NOT_DOUBTFUL_WITH_LATE_ONES = CutDrive(
    [Fix(START_MS, 52.43, 13.53), *(Fix(START_MS + 1_000 * second, 52.43, FAR_LON) for second in (1, 11, 21, 31))],
    1,
    2,
    "in order",
)
"""Without the second fix the last one is a jump that is just possible, and waits for the next one."""


@settings(deadline=None)
@given(cut_drives())
@example(NOT_DOUBTFUL_WITH_LATE_ONES)
def test_a_stretch_an_hour_late_gives_the_answers_of_one_in_time(cut: CutDrive) -> None:
    in_time, late = brought(at_once(cut.fixes)), brought(an_hour_late(cut))

    assert answers(late) == answers(in_time)
    assert all(begins_at_its_number(leg) for leg in in_time.legs())
    assert (consecutive(late), events_once(late)) == (True, True)


@pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not here")
@pytest.mark.parametrize("order", ORDERS)
def test_recorded_stretches_an_hour_late_give_the_answers_of_those_in_time(order: str) -> None:
    random = Random(order)
    for fixes in random.sample([track for track in recorded() if len(track) > 50], 10):
        first = random.randrange(len(fixes) - 1)
        cut = CutDrive(fixes, first, min(len(fixes), first + random.randrange(1, 150)), order)
        in_time, late = brought(at_once(fixes)), brought(an_hour_late(cut))

        assert answers(late) == answers(in_time), cut
        assert (consecutive(late), events_once(late)) == (True, True), cut


@settings(deadline=None, max_examples=25)
@given(cut_drives())
def test_a_restart_between_the_late_fixes_and_their_repair_changes_nothing(cut: CutDrive) -> None:
    straight, restarted = OneVan(), OneVan()
    for received_ms, fix in an_hour_late(cut):
        straight.bring_fix(fix, received_ms)
        restarted.bring_fix(fix, received_ms)
        restarted.restart()
    straight.wait(600)
    restarted.wait(600)

    assert restarted.sent == straight.sent
    assert restarted.contents == straight.contents


def test_late_fixes_are_gathered_before_they_are_worked_in(van: OneVan) -> None:
    van.send_at_once(standing(0, 100), standing(200, 300))
    late_ms = van.now_ms + 100
    van.bring_all(Arrival(late_ms + number, fix) for number, fix in enumerate(standing(100, 200)))
    before = (van.vehicle.late, len(van.contents["late_fixes"]), len(van.values(FIXES)))
    van.wait_until(late_ms + REPAIR_MS - 1)
    still = van.vehicle.late
    van.wait_until(late_ms + REPAIR_MS)

    assert before == (10, 10, 19)
    assert (still, van.vehicle.late, van.contents["late_fixes"]) == (10, 0, {})
    assert [fix.is_late for fix in van.values(FIXES)][-10:] == [True] * 10


def test_a_late_fix_is_worked_in_though_new_ones_keep_coming(van: OneVan) -> None:
    van.send_at_once(standing(0, 100, 1))
    van.bring_fix(fix_at(50.5), van.now_ms)
    van.send_at_once(standing(100, 110, 1))

    assert (van.vehicle.late, [fix.is_late for fix in van.values(FIXES)].count(True)) == (0, 1)


SILENT_BETWEEN = [
    *standing(0, 600),
    *driving(600, 900),
    *driving(1_500, 1_800, 9_000),
    *standing(1_800, 2_400, 10, 12_000),
]
UNHEARD = driving(900, 1_500, 3_000)


def test_two_trips_become_one_that_keeps_an_id_and_the_other_is_withdrawn(van: OneVan) -> None:
    van.send_at_once(SILENT_BETWEEN)
    first, second = van.legs("trip")
    van.bring_now(UNHEARD)
    van.wait(10)
    [trip] = van.legs("trip")
    [withdrawn] = [leg for leg in van.values(TRIPS) if leg.is_withdrawn]

    assert trip.id in {first.id, second.id}
    assert {trip.id, withdrawn.id} == {first.id, second.id}
    assert (trip.revision, withdrawn.revision) == (2, 2)
    assert (trip.start_ms, trip.end_ms) == (first.start_ms, second.end_ms)
    assert sorted(van.contents["trips"]) == sorted(
        (leg.vehicle_id, int(leg.id.partition("@")[2])) for leg in van.legs()
    )


def test_one_trip_becomes_two_of_which_the_earlier_keeps_the_id(van: OneVan) -> None:
    van.send_at_once(
        standing(0, 600), driving(600, 900), driving(1_140, 1_500, 5_000), standing(1_500, 1_900, 10, 8_600)
    )
    [trip] = van.legs("trip")
    delivery = [*standing(900, 1_080, 10, 3_000), *driving(1_080, 1_140, 3_000, 33.0)]
    van.bring_now(delivery)
    van.wait(10)
    first, second = van.legs("trip")

    assert (first.id, first.revision) == (trip.id, 2)
    assert (second.id, second.revision) == (f"van-1@{second.start_ms}", 1)
    assert [leg.kind.value for leg in van.legs()] == ["stop", "trip", "stop", "trip"]


def test_a_trip_that_is_still_going_on_keeps_its_id_through_a_repair(van: OneVan) -> None:
    van.send_at_once(standing(0, 600), driving(600, 900), driving(1_500, 1_800, 9_000))
    van.bring_now(UNHEARD)
    van.wait(10)
    van.send_at_once(standing(1_830, 2_300, 10, 12_000))

    [trip] = van.legs("trip")
    assert trip.start_ms == pytest.approx(START_MS + 600_000, abs=20_000)
    assert trip.end_ms == pytest.approx(START_MS + 1_800_000, abs=40_000)
    assert not any(leg.is_withdrawn for leg in van.values(TRIPS) if leg.id == trip.id)


def test_a_trip_that_silence_ended_is_told_anew_while_the_vehicle_is_silent(van: OneVan) -> None:
    van.send_at_once(standing(0, 600), driving(600, 900), driving(1_000, 1_200, 4_000))
    van.wait(900)
    van.bring_now(driving(900, 1_000, 3_000))
    van.wait(10)

    [trip] = van.legs("trip")
    assert (trip.revision, trip.ending.value, trip.fixes) == (2, "silence", 60)
    assert len(van.events("went_offline")) == 1


def test_a_repeated_late_fix_is_refused_as_one(van: OneVan) -> None:
    van.send_at_once(standing(0, 100), standing(200, 9_000))
    again = [fix_at(20), fix_at(150), fix_at(150), fix_at(8_900)]
    van.bring_now(again)
    van.wait(10)
    van.bring_now(again)
    van.wait(10)

    assert van.vehicle.refused == {Reason.DUPLICATE: 7}
    assert Counter(told.value for told in van.values(REJECTED)) == {
        position_of(fix_at(20)): 2,
        position_of(fix_at(150)): 3,
        position_of(fix_at(8_900)): 2,
    }


def test_a_late_fix_from_before_the_track_that_is_kept_is_too_old(van: OneVan) -> None:
    van.send_at_once(standing(0, 30 * 3_600, 60))
    kept_since_ms = van.contents["tracks"].rows("van-1", 0, 1 << 62)[0][1].course.last.time_ms
    received_ms = kept_since_ms + DAY_MS - 1_000
    late = msgspec.structs.replace(fix_at(0), time_ms=kept_since_ms - 500)
    other = OneVan()
    other.contents |= van.contents
    other.restart()
    other.bring_fix(late, received_ms)
    other.tick(received_ms + REPAIR_MS)

    assert other.vehicle.refused == {Reason.TOO_OLD: 1}
    assert [(told.reason, told.value) for told in other.values(REJECTED)] == [(Reason.TOO_OLD, position_of(late))]


def test_a_fix_that_a_late_one_shows_to_be_wrong_is_refused_after_all(van: OneVan) -> None:
    van.send_at_once(driving(0, 301, 0, 10.0), [fix_at(330, 3_300, 800)], driving(360, 600, 3_600, 10.0))
    van.wait(20)
    accepted = van.vehicle.accepted
    van.bring_now([fix_at(328, 3_280), fix_at(332, 3_320)])
    van.wait(10)

    [told] = van.values(REJECTED)
    assert (told.reason, told.offset, told.value) == (Reason.IMPLIED_SPEED, 31, None)
    assert van.vehicle.accepted == accepted + 2 - 1


def test_a_fix_that_a_late_one_shows_to_be_right_is_accepted_after_all(van: OneVan) -> None:
    van.send_at_once(standing(0, 600), [fix_at(600, 300.0)], standing(620, 700))
    before = van.vehicle.refused
    van.bring_now(standing(602, 612, 2, 300.0))
    van.wait(10)

    assert before == {Reason.EXCURSION: 1}
    assert +Counter(van.vehicle.refused) == {}
    assert fix_at(600).time_ms in {fix.time_ms for fix in van.values(FIXES) if fix.is_late}


def fence_around(radius_m: float) -> Geofence:
    """Return a geofence around where drives begin."""
    return Geofence(geofence_id="depot", name="Depot", shape=Circle(LAT, LON, radius_m))


def test_what_was_drawn_since_is_not_told_by_late_fixes_and_what_the_vehicle_did_is() -> None:
    van = OneVan()
    van.send_at_once(standing(0, 600), driving(600, 1_200), standing(1_200, 1_260, 10, 6_000))
    van.show(GEOFENCES, {"depot": fence_around(1_000.0)})
    late = [fix_at(second, (second - 600) * 10.0) for second in (605, 615, 625)]
    van.bring_now(late)
    van.wait(20)

    assert [(event.type.value, event.evidence["cause"], event.delayed) for event in van.events(*GEOFENCE_EVENTS)] == [
        ("geofence_exited", "crossed", True)
    ]
