"""What is told of vehicles inside a geofence: who stays too long, who drives too fast."""

import msgspec
import pytest

from fleet_app.domain.events import Event, EventType
from fleet_app.domain.fix import Fix
from fleet_app.domain.geofences.geofence import Hours, Weekday
from tests.domain.drives import START_MS, Outcome, Told, driving, fix_at, run, standing
from tests.domain.geofences.yards import NEVER, YARD, in_places

DWELL = msgspec.structs.replace(YARD, dwell_limit_s=600.0)
SLOW = msgspec.structs.replace(YARD, speed_limit_mps=8.0)
LARGE_SLOW = msgspec.structs.replace(SLOW, shape=msgspec.structs.replace(YARD.shape, radius_m=300.0))
ARRIVES = driving(0, 100, -500, 5.0)


def seconds_of(outcome: Outcome, *kinds: EventType) -> list[float]:
    return [(event.time_ms - START_MS) / 1_000 for event in outcome.events if event.type in kinds]


def of_kind(outcome: Outcome, kind: EventType) -> list[Event]:
    return [event for event in outcome.events if event.type is kind]


def test_a_dwell_limit_is_told_once_when_it_was_passed() -> None:
    outcome = run([*ARRIVES, *standing(100, 1_500)], in_places(DWELL))

    (entered_s,) = seconds_of(outcome, EventType.GEOFENCE_ENTERED)
    assert seconds_of(outcome, EventType.GEOFENCE_DWELLED) == [entered_s + 600]
    (dwelled,) = of_kind(outcome, EventType.GEOFENCE_DWELLED)
    assert dwelled.evidence == {"name": "Yard", "dwell_limit_s": 600.0, "entered_ms": START_MS + entered_s * 1_000}


def test_who_leaves_before_the_limit_has_not_dwelled() -> None:
    assert (
        of_kind(run([*ARRIVES, *standing(100, 500), *driving(500, 700)], in_places(DWELL)), EventType.GEOFENCE_DWELLED)
        == []
    )


def test_a_limit_that_was_passed_on_the_way_out_is_told_too() -> None:
    outcome = run([*ARRIVES, *standing(100, 650), fix_at(780, 130), fix_at(790, 300)], in_places(DWELL))

    assert [event.type for event in outcome.events if event.geofence_id is not None] == [
        EventType.GEOFENCE_ENTERED,
        EventType.GEOFENCE_DWELLED,
        EventType.GEOFENCE_EXITED,
    ]


def test_out_of_its_schedule_a_limit_says_nothing() -> None:
    muted = msgspec.structs.replace(DWELL, schedule=NEVER)

    assert of_kind(run([*ARRIVES, *standing(100, 1_500)], in_places(muted)), EventType.GEOFENCE_DWELLED) == []


def fast(since_s: int, until_s: int, from_m: float, speed_mps: float) -> list[Fix]:
    return driving(since_s, until_s, from_m, speed_mps, told=Told(speed_mps=speed_mps), every_s=5)


THROUGH = [*fast(0, 30, -500, 12.0), *fast(30, 50, -140, 12.0)]


def test_faster_than_the_limit_for_ten_seconds_inside_is_told_and_when_it_ends() -> None:
    outcome = run([*THROUGH, *fast(50, 60, 100, 5.0), *fast(60, 100, 150, 5.0)], in_places(LARGE_SLOW))

    started, ended = (EventType.GEOFENCE_OVERSPEED_STARTED, EventType.GEOFENCE_OVERSPEED_ENDED)
    (begun,) = of_kind(outcome, started)
    assert begun.evidence["limit_mps"] == 8.0
    assert begun.evidence["speed_mps"] == 12.0
    assert begun.evidence["speed_source"] == "device"
    (over,) = of_kind(outcome, ended)
    assert over.time_ms > begun.time_ms
    assert over.evidence["over_s"] == pytest.approx((over.time_ms - begun.time_ms) / 1_000 + 10)


def test_leaving_ends_it_too() -> None:
    outcome = run([*THROUGH, *fast(50, 120, 100, 12.0)], in_places(LARGE_SLOW))

    (left_s,) = seconds_of(outcome, EventType.GEOFENCE_EXITED)
    assert seconds_of(outcome, EventType.GEOFENCE_OVERSPEED_ENDED) == [left_s]


def test_a_moment_above_the_limit_is_not_told() -> None:
    fixes = [*fast(0, 40, -500, 7.0), *fast(40, 45, -220, 12.0), *fast(45, 90, -160, 7.0)]

    assert [kind for kind in run(fixes, in_places(LARGE_SLOW)).kinds if "overspeed" in kind] == []


def test_out_of_its_schedule_nobody_is_too_fast() -> None:
    muted = msgspec.structs.replace(LARGE_SLOW, schedule=NEVER)

    assert (
        of_kind(run([*THROUGH, *fast(50, 120, 100, 12.0)], in_places(muted)), EventType.GEOFENCE_OVERSPEED_STARTED)
        == []
    )


def test_a_limit_that_is_lifted_while_somebody_is_too_fast_ends_it() -> None:
    first = run([*fast(0, 30, -500, 12.0), *fast(30, 50, -140, 12.0)], in_places(LARGE_SLOW))
    lifted = msgspec.structs.replace(LARGE_SLOW, speed_limit_mps=None, revision=2)
    second = run(fast(50, 60, 100, 12.0), in_places(lifted), first.now)

    assert of_kind(first, EventType.GEOFENCE_OVERSPEED_STARTED) != []
    assert of_kind(second, EventType.GEOFENCE_OVERSPEED_ENDED) != []


def test_hours_say_when_a_limit_holds() -> None:
    always = Hours(tuple(Weekday), "00:00", "24:00")

    in_force = in_places(msgspec.structs.replace(DWELL, schedule=(always,)))

    assert len(of_kind(run([*ARRIVES, *standing(100, 1_500)], in_force), EventType.GEOFENCE_DWELLED)) == 1
