"""What a vehicle is doing, by how long it has rested."""

import pytest

from fleet_app.domain.states import State, silence_ms, state_at_rest


@pytest.mark.parametrize(
    ("rested_ms", "ignition", "state"),
    [
        (19_999, None, State.MOVING),
        (19_999, True, State.MOVING),
        (20_000, None, State.IDLE_PROBABLE),
        (20_000, False, State.HALT),
        (20_000, True, State.IDLE),
        (119_999, None, State.IDLE_PROBABLE),
        (120_000, None, State.STOP),
        (120_000, False, State.STOP),
        (10**9, True, State.IDLE),
    ],
)
def test_a_rest_is_what_its_length_and_the_ignition_make_it(
    rested_ms: int,
    ignition: bool | None,  # noqa: FBT001 - what the device says
    state: State,
) -> None:
    assert state_at_rest(rested_ms, ignition=ignition) is state


@pytest.mark.parametrize(("interval_ms", "silent_ms"), [(1_000.0, 300_000), (60_000.0, 300_000), (120_000.0, 600_000)])
def test_silence_is_five_minutes_or_five_intervals_of_the_vehicle(interval_ms: float, silent_ms: int) -> None:
    assert silence_ms(interval_ms) == silent_ms
