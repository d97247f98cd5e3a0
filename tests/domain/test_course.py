"""What is known of a vehicle from its fixes, as it is kept."""

import msgspec
import pytest
from hypothesis import given

from fleet_app.domain.course import NOTHING_WATCHED, QUIET, Course, Happened, Watch
from fleet_app.domain.fix import Fix
from tests.domain.drives import drives, fix_at, run


@given(drives())
def test_a_course_survives_its_stored_form(fixes: list[Fix]) -> None:
    course = run(fixes).now

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(course), type=Course) == course


@given(drives())
def test_a_drive_goes_on_from_its_stored_form_as_if_it_had_not_been_stored(fixes: list[Fix]) -> None:
    middle = len(fixes) // 2 + 1
    course = run(fixes[:middle]).now
    stored = msgspec.msgpack.decode(msgspec.msgpack.encode(course), type=Course)

    assert run(fixes[middle:], course=stored) == run(fixes[middle:], course=course)


def test_a_course_is_never_changed_in_place() -> None:
    with pytest.raises(AttributeError):
        run([fix_at(0)]).now.last = fix_at(1)  # type: ignore[misc]


def test_most_fixes_lead_to_nothing_worth_telling() -> None:
    assert Happened() == QUIET
    assert Watch() == NOTHING_WATCHED
