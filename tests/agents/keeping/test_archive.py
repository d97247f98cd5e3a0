"""What is kept of vehicles beside their present, and for how long."""

import pytest

from tests.agents.one_van import OneVan
from tests.domain.drives import standing


@pytest.fixture
def van() -> OneVan:
    return OneVan()


def test_what_is_old_is_forgotten_once_an_hour_and_not_with_every_fix(van: OneVan) -> None:
    van.send_at_once(standing(0, 30 * 3_600, 20))
    asked = {name: len(rows.expired) for name, rows in van.contents.items() if getattr(rows, "expired", None)}

    assert asked == {
        "windows_1m": 29,
        "tracks": 29,
        "windows_1h": 1,
        "windows_1d": 1,
        "trips": 1,
        "told_events": 1,
        "withdrawn_legs": 1,
    }


def test_a_jump_over_many_hours_asks_once(van: OneVan) -> None:
    van.send_at_once(standing(0, 600), standing(100_000, 100_600))

    assert len(van.contents["windows_1m"].expired) == 1
