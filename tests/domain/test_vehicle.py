"""What a fix that arrives does to a vehicle, in whatever order fixes come."""

from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_app.domain.fix import Fix
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.reorder import Waiting
from fleet_app.domain.rules import Rules
from fleet_app.domain.track import entries_in_columns, entries_of, pack_fix
from fleet_app.domain.vehicle import (
    OpenTrack,
    Vehicle,
    count_refusal,
    flush,
    is_late,
    is_repeated,
    receive,
    shown_fix,
)
from tests.domain.drives import (
    ORDERED_KINDS,
    RECORDINGS,
    RULES,
    START_MS,
    Told,
    Tracker,
    drives,
    driving,
    fix_at,
    recorded,
    standing,
)

NOTHING_SENT = (Vehicle("van-1"), OpenTrack())


def waiting(fix: Fix, received_ms: int = START_MS) -> Waiting:
    return Waiting(fix, 7, received_ms, None, None)


def sent(*fixes: Fix, rules: Rules = RULES) -> Tracker:
    """Return a vehicle to which fixes came a second after they were taken."""
    tracker = Tracker(rules)
    for fix in fixes:
        tracker.receive(fix, fix.time_ms + 1_000)
    return tracker


def in_bytes(tracker: Tracker) -> tuple[bytes, bytes, bytes]:
    """Return all that is known of a vehicle, but for receive times and where records stand."""
    vehicle = msgspec.structs.replace(tracker.vehicle, received_ms=0, heard_ms=0, late_since_ms=0)
    entries = [pack_fix(entry.fix, 0, entry.reason) for entry in entries_of(tracker.track.fixes)]
    buffer = tuple(msgspec.structs.replace(each, offset=0, received_ms=0) for each in tracker.track.buffer)
    track = msgspec.structs.replace(tracker.track, fixes=b"".join(entries), buffer=buffer)
    chunks = [
        (number, chunk.course, [(entry.fix, entry.reason) for entry in entries_in_columns(chunk.fixes)])
        for number, chunk in tracker.chunks.items()
    ]
    return msgspec.msgpack.encode(vehicle), msgspec.msgpack.encode(track), msgspec.msgpack.encode(chunks)


def came_in_order(fixes: list[Fix], repeats: int, rules: Rules) -> Tracker:
    """Return a vehicle to which each fix came once, in order, and repeats of one of them after that."""
    tracker = sent(*fixes, rules=rules)
    for fix in fixes[:1] * repeats:
        tracker.receive(fix, fixes[-1].time_ms + rules.reorder_ms)
    tracker.settle()
    return tracker


def came_shuffled(fixes: list[Fix], repeats: int, rules: Rules, random: Random) -> Tracker:
    """Return a vehicle to which each fix came within the reorder bound, and repeats whenever they liked to."""
    arrivals = [(fix.time_ms + random.randrange(rules.reorder_ms + 1), fix) for fix in fixes]
    singles = [fix for fix in fixes if sum(other.time_ms == fix.time_ms for other in fixes) == 1]
    for _ in range(repeats):
        arrived_ms, fix = random.choice(arrivals)
        latest_ms = fixes[-1].time_ms + rules.reorder_ms if fix in singles else fix.time_ms + rules.reorder_ms
        arrivals.append((random.randint(arrived_ms, latest_ms), fix))
    tracker = Tracker(rules)
    for received_ms, fix in sorted(arrivals, key=lambda arrival: arrival[0]):
        tracker.receive(fix, received_ms)
    tracker.settle()
    return tracker


def check_shuffled(fixes: list[Fix], repeats: int, reorder_s: int, seed: int) -> None:
    rules = msgspec.structs.replace(RULES, reorder_ms=reorder_s * 1_000)
    in_order = came_in_order(fixes, repeats, rules)
    shuffled = came_shuffled(fixes, repeats, rules, Random(seed))

    assert in_bytes(shuffled) == in_bytes(in_order)
    assert (shuffled.panes, shuffled.legs) == (in_order.panes, in_order.legs)


@settings(max_examples=500, deadline=None)
@given(drives(), st.integers(0, 30), st.sampled_from((5, 20, 60)), st.integers(0, 9_999))
def test_the_order_in_which_fixes_come_within_the_bound_and_repeats_change_nothing(
    fixes: list[Fix], repeats: int, reorder_s: int, seed: int
) -> None:
    check_shuffled(fixes, repeats, reorder_s, seed)


@pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not here")
@settings(max_examples=500, deadline=None)
@given(st.data())
def test_the_order_in_which_a_recorded_track_comes_within_the_bound_and_repeats_change_nothing(
    data: st.DataObject,
) -> None:
    track = data.draw(st.sampled_from(recorded()))
    first = data.draw(st.integers(0, max(0, len(track) - 120)))

    check_shuffled(
        track[first : first + 120],
        data.draw(st.integers(0, 30)),
        data.draw(st.sampled_from((5, 60, 300))),
        data.draw(st.integers(0, 9_999)),
    )


def test_a_fix_waits_until_the_newest_is_later_by_more_than_the_bound() -> None:
    tracker = sent(fix_at(0), fix_at(5))

    assert (tracker.vehicle.course, len(tracker.track.buffer)) == (None, 2)

    tracker.receive(fix_at(5.001, 30), START_MS + 6_000)

    assert tracker.vehicle.course is not None
    assert tracker.vehicle.course.last == fix_at(0)
    assert [each.fix for each in tracker.track.buffer] == [fix_at(5), fix_at(5.001, 30)]


def test_a_clock_that_is_ahead_lets_nothing_go_before_its_time() -> None:
    tracker = Tracker()
    tracker.receive(fix_at(0), START_MS)
    tracker.receive(fix_at(50), START_MS + 1_000)

    assert len(tracker.track.buffer) == 2


def test_a_fix_that_waits_already_is_a_duplicate() -> None:
    tracker = sent(fix_at(0))

    outcome = receive(tracker.vehicle, tracker.track, waiting(fix_at(0)), RULES)

    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.DUPLICATE


def test_a_fix_of_a_time_that_was_judged_is_late_and_a_repeat_if_it_stands_in_the_track() -> None:
    tracker = sent(*standing(0, 60))
    seen, other, waits = fix_at(20), fix_at(20, 50), fix_at(50)

    assert [is_late(tracker.track, fix) for fix in (seen, other, waits)] == [True, True, False]
    assert [is_repeated(tracker.track, fix) for fix in (seen, other)] == [True, False]


def test_nothing_is_late_for_a_vehicle_of_which_nothing_was_judged() -> None:
    assert not is_late(OpenTrack(), msgspec.structs.replace(fix_at(0), time_ms=0))


def test_what_waits_is_let_go_when_nothing_more_comes() -> None:
    tracker = sent(fix_at(0), fix_at(3))

    moved = flush(tracker.vehicle, tracker.track, RULES)

    assert moved.track.buffer == ()
    assert (moved.vehicle.is_flushed, moved.vehicle.accepted) == (True, 2)


def test_nothing_comes_of_letting_go_of_nothing() -> None:
    moved = flush(*NOTHING_SENT, RULES)

    assert (moved.judged, moved.vehicle.course, moved.track) == ([], None, OpenTrack())


def test_the_next_fix_says_that_the_vehicle_is_heard_again() -> None:
    tracker = sent(fix_at(0))
    tracker.vehicle = msgspec.structs.replace(tracker.vehicle, is_flushed=True, is_silent=True, is_clock_wrong=True)
    tracker.receive(fix_at(1), START_MS + 60_000)

    vehicle = tracker.vehicle
    assert (vehicle.is_flushed, vehicle.is_silent, vehicle.is_clock_wrong) == (False, False, False)


def test_an_older_fix_says_when_something_came_and_not_that_the_vehicle_is_newer() -> None:
    tracker = Tracker()
    tracker.receive(fix_at(10), START_MS + 11_000)
    tracker.receive(fix_at(8), START_MS + 12_000)

    vehicle = tracker.vehicle
    assert (vehicle.newest_ms, vehicle.heard_ms, vehicle.received_ms) == (
        START_MS + 10_000,
        START_MS + 11_000,
        START_MS + 12_000,
    )


def test_a_doubtful_fix_waits_for_the_next_even_when_nothing_more_comes() -> None:
    tracker = sent(*standing(0, 120), fix_at(120, 300))
    tracker.flush()

    assert [each.fix for each in tracker.track.buffer] == [fix_at(120, 300)]

    tracker.receive(fix_at(130), START_MS + 131_000)
    tracker.flush()

    assert tracker.refusals == [(fix_at(120, 300), Reason.EXCURSION)]
    assert tracker.track.buffer == ()


def test_a_doubtful_fix_is_not_judged_by_another_one_of_its_time() -> None:
    # Run over again from the track, which keeps one fix of a time, it would be judged by the next.
    there, too = fix_at(120, 300), fix_at(120, 310)
    tracker = sent(*standing(0, 120), there, too, fix_at(130))
    tracker.flush()

    assert tracker.refusals == [(there, Reason.EXCURSION), (too, Reason.EXCURSION)]


def test_chunks_begin_with_the_course_before_them_and_hold_every_fix_that_was_judged() -> None:
    fixes = driving(0, 2_000)
    tracker = sent(*fixes)
    tracker.flush()

    kept = [entry.fix for chunk in tracker.chunks.values() for entry in entries_in_columns(chunk.fixes)]
    assert kept + [entry.fix for entry in entries_of(tracker.track.fixes)] == fixes
    before = [chunk.course for chunk in tracker.chunks.values()]
    assert before[0] is None
    assert [course.last for course in before if course is not None] == [fixes[63], fixes[127], fixes[191]]


def test_a_flood_of_fixes_within_the_bound_does_not_wait_without_end() -> None:
    tracker = sent(*(fix_at(number / 1_000) for number in range(400)))

    assert len(tracker.track.buffer) == 256


@given(drives(), st.integers(0, 9_999))
def test_every_fix_is_accepted_refused_or_waits(fixes: list[Fix], seed: int) -> None:
    random = Random(seed)
    tracker = Tracker()
    for fix in random.choices(fixes, k=len(fixes)):
        tracker.receive(fix, fixes[-1].time_ms)

    counted = tracker.vehicle.accepted + sum(tracker.vehicle.refused.values())
    assert counted + len(tracker.track.buffer) + len(tracker.late) == len(fixes)


@given(drives(ORDERED_KINDS))
def test_a_vehicle_and_its_track_survive_their_stored_form(fixes: list[Fix]) -> None:
    tracker = sent(*fixes)

    for value in (tracker.vehicle, tracker.track):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=type(value)) == value


def test_a_vehicle_is_shown_at_its_newest_fix_before_that_is_judged() -> None:
    tracker = sent(*driving(0, 60))

    assert shown_fix(tracker.vehicle, tracker.track, RULES) == driving(0, 60)[-1]


def test_a_vehicle_is_not_shown_where_it_cannot_be() -> None:
    tracker = sent(*driving(0, 60))
    last = tracker.vehicle.course.last if tracker.vehicle.course else None
    tracker.receive(fix_at(55, 100_000), START_MS + 56_000)

    assert shown_fix(tracker.vehicle, tracker.track, RULES) == driving(0, 60)[-1]

    tracker.flush()

    assert tracker.refusals == [(fix_at(55, 100_000), Reason.IMPLIED_SPEED)]
    assert last != driving(0, 60)[-1]
    assert shown_fix(tracker.vehicle, tracker.track, RULES) == driving(0, 60)[-1]


def test_a_vehicle_of_which_nothing_was_judged_is_shown_where_it_says() -> None:
    assert shown_fix(*NOTHING_SENT, RULES) is None
    tracker = sent(fix_at(0), fix_at(1, 10))
    assert shown_fix(tracker.vehicle, tracker.track, RULES) == fix_at(1, 10)


def test_another_fix_of_the_last_ones_time_is_not_shown() -> None:
    judged, other = fix_at(0), fix_at(0, 10)
    tracker = sent(judged)
    tracker.flush()
    track = msgspec.structs.replace(tracker.track, buffer=(waiting(other),))

    assert shown_fix(tracker.vehicle, track, RULES) == judged


def test_refusals_are_counted_in_the_order_of_their_codes() -> None:
    vehicle = Vehicle("van-1")
    for reason in (Reason.TOO_OLD, Reason.DUPLICATE, Reason.TOO_OLD):
        vehicle = count_refusal(vehicle, reason)

    assert list(count_refusal(vehicle, Reason.DUPLICATE, 3).refused.items()) == [("duplicate", 4), ("too_old", 2)]


def test_no_told_figure_is_lost_with_what_the_device_tells_beside_the_place() -> None:
    told = Told(speed_mps=12.0, heading_deg=90.0, accuracy_m=4.0, ignition=True)
    tracker = sent(fix_at(0, told=told))
    tracker.flush()

    assert tracker.vehicle.course is not None
    assert tracker.vehicle.course.last == fix_at(0, told=told)
