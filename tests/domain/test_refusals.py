"""Every reason is public, documented, and the answer to some input."""

import re
from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fleet_app.domain.panes import PaneRules
from fleet_app.domain.position import ArrivalRules, check_arrival, read_position
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.domain.repeats import REMEMBERED_FIXES
from fleet_app.domain.vehicle import Advanced, Vehicle, advance, fix_of

PAGE = (Path(__file__).parents[2] / "docs" / "positions.md").read_text()
NOW_MS = 1_800_000_000_000
RULES = ArrivalRules(max_skew_ms=60_000, max_age_ms=86_400_000)


def position(**changes: Any) -> bytes:
    """Return a position of this moment as JSON."""
    return msgspec.json.encode({"vehicle_id": "van-1", "time_ms": NOW_MS, "lat": 52.5, "lon": 13.4} | changes)


BEFORE = [position(time_ms=NOW_MS + second * 1000) for second in range(REMEMBERED_FIXES)]
REFUSED = {
    Reason.MALFORMED: b"{",
    Reason.MISSING_FIELD: b'{"vehicle_id": "van-1"}',
    Reason.MISTYPED_FIELD: position(lat="52.5"),
    Reason.OUT_OF_RANGE: position(lat=91),
    Reason.TOO_OLD: position(time_ms=NOW_MS - 86_400_001),
    Reason.IN_FUTURE: position(time_ms=NOW_MS + 60_001),
    Reason.DUPLICATE: BEFORE[0],
    Reason.TOO_LATE: position(time_ms=NOW_MS - 1),
}


def moved(vehicle: Vehicle, value: bytes) -> Advanced | Refusal:
    """Return the vehicle after a position that arrives now, or the refusal."""
    read = read_position(value)
    if isinstance(read, Refusal):
        return read
    return check_arrival(read, NOW_MS, RULES) or advance(vehicle, fix_of(read), NOW_MS, PaneRules(5_000, UTC))


@pytest.fixture
def vehicle() -> Vehicle:
    """A vehicle that remembers as many fixes as it can."""
    vehicle = Vehicle("van-1")
    for value in BEFORE:
        after = moved(vehicle, value)
        assert isinstance(after, Advanced)
        vehicle = after.vehicle
    return vehicle


@pytest.mark.parametrize("reason", REFUSED)
def test_each_reason_is_given_for_an_input_of_its_kind(vehicle: Vehicle, reason: Reason) -> None:
    refusal = moved(vehicle, REFUSED[reason])

    assert isinstance(refusal, Refusal)
    assert refusal.reason is reason
    assert refusal.detail


def test_the_page_for_senders_lists_every_reason_and_no_other() -> None:
    codes = re.findall(r"^\| `(\w+)` \| .* agent \|$", PAGE, re.MULTILINE)

    assert codes == [reason.value for reason in Reason]


def test_what_the_agent_cannot_give_for_an_input_is_what_became_of_it_on_the_way() -> None:
    assert set(Reason) - set(REFUSED) == {Reason.MISKEYED, Reason.FAILED}


def test_a_reason_stands_on_its_topic_as_its_code() -> None:
    assert msgspec.json.encode(Refusal(Reason.TOO_LATE, "late")) == b'{"reason":"too_late","detail":"late"}'


def test_a_good_position_is_not_refused() -> None:
    assert isinstance(moved(Vehicle("van-1"), position()), Advanced)
