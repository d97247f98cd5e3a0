"""What a measured worker is told, and what it notes about itself."""

from pathlib import Path
from typing import Final

import msgspec

from fleet_app.bench.load import JobName

SAMPLES: Final = "samples.json"
PROFILE: Final = "profile.json"
IN_STATE: Final = "in-state.json"
HOLDS: Final = "holds.json"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is to do, and what it is to note in `notes` when it stops.

    Attributes:
        job: What it runs; None runs the application's own agents.
        notes: Where its notes go.
        sample_every_s: How often it notes how far it is.
        profiles: Whether it notes where its time goes.
        times_records: Whether it notes how long each record took from being sent to being in its state.
        times_steps: Whether it notes what holds its event loop, and for how long.
    """

    job: JobName | None
    notes: Path
    sample_every_s: float
    profiles: bool = False
    times_records: bool = False
    times_steps: bool = False


class InState(msgspec.Struct, frozen=True):
    """For each record, in the order they were handled: when it was to be sent, and how long until it was in state."""

    sent_s: list[float]
    delay_ms: list[float]
