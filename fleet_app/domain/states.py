"""What a vehicle is doing."""

from enum import StrEnum
from typing import Final

HALT_MS: Final = 20_000
"""Within 30 m for so long: a halt."""
STOP_MS: Final = 120_000
"""For so long: a stop, which ends a trip. Shorter than the 180 s of trackers for cars: a drop takes two minutes."""
SILENCE_MS: Final = 300_000
SILENT_INTERVALS: Final = 5


class State(StrEnum):
    """What a vehicle is doing. The codes are public.

    `offline` is never a state of the fixes: it says that there are none.
    """

    MOVING = "moving"
    HALT = "halt"
    """Within 30 m for 20 s, the ignition off."""
    STOP = "stop"
    """At rest for 120 s, the ignition off or not told."""
    IDLE = "idle"
    """At rest for 20 s with the ignition on."""
    IDLE_PROBABLE = "idle_probable"
    """At rest for 20 to 120 s, the ignition not told: most likely the engine runs."""
    OFFLINE = "offline"
    """Silent for longer than 5 min and 5 of its own reporting intervals."""


def state_at_rest(rested_ms: int, *, ignition: bool | None, stop_ms: int = STOP_MS) -> State:
    """Return what a vehicle is doing that has been within a halt's radius for so long; `stop_ms` make a stop."""
    if rested_ms < HALT_MS:
        return State.MOVING
    if ignition:
        return State.IDLE
    if rested_ms >= stop_ms:
        return State.STOP
    return State.HALT if ignition is False else State.IDLE_PROBABLE


def silence_ms(interval_ms: float) -> int:
    """Return after how long without a fix a vehicle is offline that reports every `interval_ms`."""
    return max(SILENCE_MS, int(SILENT_INTERVALS * interval_ms))
