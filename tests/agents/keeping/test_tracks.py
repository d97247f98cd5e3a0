"""Tracks: every judged fix is kept for a day, in chunks, and found again."""

import pytest
from hypothesis import given, settings

from agents.keeping.tracks import Tracks
from fleet_app.domain.fix import Fix
from fleet_app.domain.refusals import Reason, duplicate
from fleet_app.domain.reorder import Waiting
from fleet_app.domain.track import Entry
from tests.agents.one_van import DAY_MS, HOUR_MS, VAN, OneVan, at_once
from tests.domain.drives import ORDERED_KINDS, START_MS, drives, driving, fix_at, standing

FIVE_HOURS = driving(0, 5 * 3_600, every_s=60)


@pytest.fixture
def van() -> OneVan:
    return OneVan()


def entries(van: OneVan, start_ms: int = 0, end_ms: int = 1 << 62) -> list[Entry]:
    return Tracks(van).between(VAN, van.track, start_ms, end_ms)


def waiting(fix: Fix) -> Waiting:
    return Waiting(fix, 7, START_MS, None, None)


def test_what_was_judged_is_found_again_whatever_became_of_it(van: OneVan) -> None:
    glitch = fix_at(125, 90_000)
    van.send_at_once(driving(0, 120), [glitch], driving(130, 1_000, 1_300))

    kept = entries(van)
    assert [entry.fix for entry in kept if entry.reason is not None] == [glitch]
    assert [entry.offset for entry in kept] == [*range(len(kept))]
    assert len(kept) + len(van.track.buffer) == len(van.values_sent)


def test_a_span_of_a_track_takes_in_both_ends(van: OneVan) -> None:
    van.send_at_once(FIVE_HOURS)
    times_ms = [fix.time_ms for fix in FIVE_HOURS]

    assert [entry.fix.time_ms for entry in entries(van, times_ms[70], times_ms[200])] == times_ms[70:201]


def test_a_stretch_begins_with_the_chunk_that_holds_an_instant(van: OneVan) -> None:
    van.send_at_once(FIVE_HOURS)
    numbers = [number for _, number in sorted(van.contents["tracks"])]
    stretch = Tracks(van).stretch_around(VAN, van.track, numbers[2] + 1)

    assert [number for number, _ in stretch.chunks] == numbers[2:]
    assert [entry.fix for entry in stretch.entries()] == [
        fix for fix in FIVE_HOURS[: -len(van.track.buffer)] if fix.time_ms >= numbers[2]
    ]


def test_a_stretch_before_all_that_is_kept_is_all_that_is_kept(van: OneVan) -> None:
    van.send_at_once(FIVE_HOURS)

    stretch = Tracks(van).stretch_around(VAN, van.track, START_MS - DAY_MS)
    assert stretch.chunks[0][0] == FIVE_HOURS[0].time_ms


def test_an_instant_in_a_silence_is_held_by_the_chunk_after_it_or_by_the_one_before(van: OneVan) -> None:
    van.send_at_once(standing(0, 600), standing(20_000, 20_600))
    [first, second] = [number for _, number in sorted(van.contents["tracks"])]
    tracks = Tracks(van)

    assert [number for number, _ in tracks.stretch_around(VAN, van.track, START_MS + 700_000).chunks] == [first, second]
    assert [number for number, _ in tracks.stretch_around(VAN, van.track, START_MS + 9_000_000).chunks] == [second]


def test_late_fixes_wait_in_order_once_each(van: OneVan) -> None:
    tracks = Tracks(van)
    fixes = [fix_at(20), fix_at(10, 5.0), fix_at(10), fix_at(20)]

    refusals = [tracks.add_late(VAN, waiting(fix)) for fix in fixes]

    assert refusals == [None, None, None, duplicate(fix_at(20).time_ms)]
    assert [late.fix for late in tracks.take_late(VAN)] == [fix_at(10), fix_at(10, 5.0), fix_at(20)]
    assert (tracks.take_late(VAN), van.contents["late_fixes"]) == ([], {})


def test_a_track_is_kept_for_a_day(van: OneVan) -> None:
    van.send_at_once(standing(0, 3 * 86_400, 300))
    oldest_ms = entries(van)[0].fix.time_ms

    assert van.vehicle.newest_ms - DAY_MS - 3 * HOUR_MS < oldest_ms <= van.vehicle.newest_ms - DAY_MS


@settings(deadline=None)
@given(drives(ORDERED_KINDS, longest=20))
def test_accepted_and_kept_are_the_same_fixes(fixes: list[Fix]) -> None:
    van = OneVan()
    van.bring_all(at_once(fixes))
    newest_ms = fixes[-1].time_ms

    kept = [entry for entry in entries(van, newest_ms - DAY_MS) if entry.reason is None]
    assert len(kept) <= van.vehicle.accepted
    assert [entry.fix.time_ms for entry in entries(van, newest_ms - DAY_MS)] == [
        fix.time_ms for fix in fixes[: len(fixes) - len(van.track.buffer)] if fix.time_ms >= newest_ms - DAY_MS
    ]


def test_of_late_fixes_of_one_time_a_few_are_kept(van: OneVan) -> None:
    tracks = Tracks(van)

    refusals = [tracks.add_late(VAN, waiting(fix_at(20, float(east_m)))) for east_m in range(10)]

    assert [refusal and refusal.reason for refusal in refusals] == [*[None] * 8, *[Reason.SAME_TIME] * 2]
    assert len(tracks.take_late(VAN)) == 8
