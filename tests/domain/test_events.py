"""How much events matter."""

import pytest

from fleet_app.domain.events import DELAYED_MS, EventType, Severity, severity_of


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        (EventType.TRIP_STARTED, Severity.INFO),
        (EventType.CAME_BACK, Severity.INFO),
        (EventType.BRAKED_HARSHLY, Severity.NOTICE),
        (EventType.OVERSPEED_STARTED, Severity.WARNING),
        (EventType.WENT_OFFLINE, Severity.WARNING),
    ],
)
def test_an_event_matters_as_much_as_its_type(kind: EventType, severity: Severity) -> None:
    assert severity_of(kind) is severity


@pytest.mark.parametrize("kind", [kind for kind in EventType if kind.endswith("_ended")])
def test_that_something_is_over_alarms_nobody(kind: EventType) -> None:
    assert severity_of(kind) is Severity.INFO


def test_two_minutes_later_it_is_history() -> None:
    assert DELAYED_MS == 120_000
