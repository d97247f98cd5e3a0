"""How a vehicle is driven."""

import pytest

from fleet_app.domain.events import EventType
from fleet_app.domain.motion.driving import ALARMS, manoeuvre, told_by_device
from tests.domain.drives import Told, fix_at


def kind_of(before: Told, after: Told, elapsed_s: float = 1.0) -> EventType | None:
    found = manoeuvre(fix_at(0, told=before), fix_at(elapsed_s, told=after))
    return None if found is None else found[0]


@pytest.mark.parametrize(
    ("from_mps", "to_mps", "kind"),
    [
        (15.0, 11.6, None),
        (15.0, 11.5, EventType.BRAKED_HARSHLY),
        (10.0, 13.4, None),
        (10.0, 13.5, EventType.ACCELERATED_HARSHLY),
        (2.7, 0.0, None),
        (None, 20.0, None),
        (20.0, None, None),
    ],
)
def test_a_change_of_speed_is_harsh_above_a_third_of_g(
    from_mps: float | None, to_mps: float | None, kind: EventType | None
) -> None:
    assert kind_of(Told(speed_mps=from_mps), Told(speed_mps=to_mps)) is kind


@pytest.mark.parametrize(
    ("speed_mps", "from_deg", "to_deg", "kind"),
    [
        (10.0, 0.0, 20.0, None),
        (10.0, 0.0, 25.0, EventType.CORNERED_HARSHLY),
        (10.0, 350.0, 15.0, EventType.CORNERED_HARSHLY),
        (10.0, 15.0, 350.0, EventType.CORNERED_HARSHLY),
        (8.0, 0.0, 90.0, None),
        (10.0, None, 90.0, None),
        (10.0, 0.0, None, None),
    ],
)
def test_a_turn_is_harsh_above_four_metres_per_second_squared(
    speed_mps: float, from_deg: float | None, to_deg: float | None, kind: EventType | None
) -> None:
    assert kind_of(Told(speed_mps, from_deg), Told(speed_mps, to_deg)) is kind


@pytest.mark.parametrize(("elapsed_s", "seen"), [(2.0, True), (2.001, False)])
def test_fixes_further_apart_than_two_seconds_hide_a_manoeuvre(elapsed_s: float, *, seen: bool) -> None:
    assert (kind_of(Told(speed_mps=20.0), Told(speed_mps=5.0), elapsed_s) is not None) is seen


@pytest.mark.parametrize(("alarm", "kind"), ALARMS.items())
def test_what_the_device_reports_itself_is_believed_at_any_interval(alarm: str, kind: EventType) -> None:
    assert manoeuvre(fix_at(0), fix_at(60, told=Told(alarm=alarm))) == (kind, {"alarm": alarm, "source": "device"})


def test_the_numbers_that_show_it_come_with_it() -> None:
    assert manoeuvre(fix_at(0, told=Told(speed_mps=20.0)), fix_at(2, told=Told(speed_mps=10.0))) == (
        EventType.BRAKED_HARSHLY,
        {"acceleration_mps2": -5.0, "speed_mps": 20.0, "interval_s": 2.0, "source": "speed"},
    )


@pytest.mark.parametrize("alarm", ["sos", None])
def test_other_alarms_are_no_manoeuvres(alarm: str | None) -> None:
    assert told_by_device(fix_at(0, told=Told(alarm=alarm))) is None
