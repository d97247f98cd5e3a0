"""What a position does to its vehicle when it comes in."""

import pytest

from fleet_app.domain.refusals import Reason
from fleet_app.topics import FIXES, REJECTED
from tests.agents.one_van import OneVan, position_of
from tests.domain.drives import START_MS, fix_at, standing


@pytest.fixture
def van() -> OneVan:
    return OneVan()


def test_a_late_fix_is_marked(van: OneVan) -> None:
    van.send_at_once(standing(0, 100))
    van.bring_fix(fix_at(45), van.now_ms)
    van.wait(20)

    assert [(fix.time_ms, fix.is_late) for fix in van.values(FIXES)][-2:] == [
        (START_MS + 45_000, True),
        (START_MS + 90_000, False),
    ]


def test_a_doubtful_fix_is_refused_when_the_next_one_is_back(van: OneVan) -> None:
    van.send_at_once(standing(0, 100), [fix_at(100, 300.0), fix_at(110), fix_at(120)])

    assert van.vehicle.refused == {Reason.EXCURSION: 1}
    assert [told.value for told in van.values(REJECTED)] == [position_of(fix_at(100, 300.0))]


def test_a_doubtful_fix_is_accepted_when_the_next_one_goes_on_from_it(van: OneVan) -> None:
    van.send_at_once(standing(0, 100), [fix_at(100, 300.0), fix_at(110, 400.0), fix_at(120, 500.0)])

    assert (van.vehicle.refused, van.accepted_s()[-2:]) == ({}, [100, 110])
