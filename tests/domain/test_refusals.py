"""Every reason is public, documented, and the answer to some input."""

import re
from pathlib import Path

import msgspec
import pytest

from fleet_app.domain.position import ArrivalRules, Position, check_arrival, read_position
from fleet_app.domain.refusals import Reason, Refusal
from tests.domain.drives import START_MS, Tracker, fix_at, run, standing

PAGE = (Path(__file__).parents[2] / "docs" / "positions.md").read_text()
RULES = ArrivalRules(max_skew_ms=60_000, max_age_ms=86_400_000, max_accuracy_m=200.0)


def position(**changes: object) -> bytes:
    """Return a position of this moment as JSON."""
    return msgspec.json.encode({"vehicle_id": "van-1", "time_ms": START_MS, "lat": 52.5, "lon": 13.4} | changes)


ON_ARRIVAL = {
    Reason.MALFORMED: b"{",
    Reason.MISSING_FIELD: b'{"vehicle_id": "van-1"}',
    Reason.MISTYPED_FIELD: position(lat="52.5"),
    Reason.OUT_OF_RANGE: position(lat=91),
    Reason.NULL_ISLAND: position(lat=0, lon=0),
    Reason.TOO_OLD: position(time_ms=START_MS - 86_400_001),
    Reason.IN_FUTURE: position(time_ms=START_MS + 60_001),
    Reason.INACCURATE: position(accuracy_m=200.1),
}
IN_ORDER = {
    Reason.SAME_TIME: [fix_at(60), fix_at(60, 1)],
    Reason.IMPLIED_SPEED: [fix_at(60, 90_000)],
    Reason.IMPLIED_ACCELERATION: [fix_at(52, 60)],
    Reason.EXCURSION: [fix_at(60, 300), fix_at(70)],
}


@pytest.mark.parametrize("reason", ON_ARRIVAL)
def test_each_reason_on_arrival_is_given_for_an_input_of_its_kind(reason: Reason) -> None:
    read = read_position(ON_ARRIVAL[reason])
    refusal = check_arrival(read, START_MS, RULES) if isinstance(read, Position) else read

    assert refusal is not None
    assert refusal.reason is reason
    assert refusal.detail


@pytest.mark.parametrize("reason", IN_ORDER)
def test_each_reason_in_order_is_given_for_fixes_of_its_kind(reason: Reason) -> None:
    # Standing for so long that its speed is known from the track.
    assert run([*standing(0, 60), *IN_ORDER[reason]]).reasons == [reason]


def test_a_repeat_is_a_duplicate() -> None:
    tracker = Tracker()
    for _ in range(2):
        tracker.receive(fix_at(0), START_MS)

    assert tracker.vehicle.refused == {"duplicate": 1}


def test_a_good_position_is_not_refused() -> None:
    read = read_position(position())

    assert isinstance(read, Position)
    assert check_arrival(read, START_MS, RULES) is None


def test_what_is_given_for_no_input_is_what_became_of_it_on_the_way() -> None:
    by_profiles_and_keys = {Reason.UNKNOWN_DEVICE, Reason.UNKNOWN_VEHICLE, Reason.NOT_ALLOWED}
    by_input = {*ON_ARRIVAL, *IN_ORDER, *by_profiles_and_keys, Reason.DUPLICATE}

    assert set(Reason) - by_input == {Reason.MISKEYED, Reason.FAILED}


def test_the_page_for_senders_lists_every_reason_and_no_other() -> None:
    codes = re.findall(r"^\| `(\w+)` \| .*(?:by the agent|at the door).*\|$", PAGE, re.MULTILINE)

    assert codes == [reason.value for reason in Reason]


def test_a_reason_stands_on_its_topic_as_its_code() -> None:
    assert msgspec.json.encode(Refusal(Reason.TOO_OLD, "late")) == b'{"reason":"too_old","detail":"late"}'
