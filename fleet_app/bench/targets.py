"""What the figures are measured against. The only place where the targets stand in code."""

from enum import Enum, StrEnum
from typing import Final, NamedTuple


class Figure(StrEnum):
    """What is measured, with its unit."""

    RATE_10_K = "job A, up to 10,000 vehicles, records per CPU-second"
    RATE_1_M = "job A, 1,000,000 vehicles, records per CPU-second"
    DOMAIN_RATE = "decode and advance, fixes per CPU-second"
    POSITIONS_RATE = "the whole application with all outputs, fixes per CPU-second"
    GEOFENCES_RATIO = "among 10,000 geofences by far from ten, processor time per fix"
    RESTORE_S = "1,000,000 vehicles from an empty disk, assignment to running, s"
    IN_STATE_P50_MS = "sent to in the worker's state at 10,000/s, p50, ms"
    IN_STATE_P99_MS = "sent to in the worker's state at 10,000/s, p99, ms"
    HTTP_P50_MS = "sent to readable over HTTP at 10,000/s, p50, ms"
    HTTP_P99_MS = "sent to readable over HTTP at 10,000/s, p99, ms"
    MEMORY_10_K_MB = "memory, up to 10,000 vehicles, MB"
    MEMORY_1_M_MB = "memory, 1,000,000 vehicles, MB"
    READS_PER_S = "reads by key at 10,000 positions/s, per second"
    LOCAL_P99_MS = "reads by key at 10,000 positions/s, local, p99, ms"
    FORWARDED_P99_MS = "reads by key at 10,000 positions/s, forwarded, p99, ms"
    SCAN_HOLD_MS = "a scan of 100,000 vehicles, longest hold of the event loop, ms"
    FEED_CORE_SHARE = "live feed, 50 clients at 2,000 updates/s, share of a core"
    FEED_KB_PER_S = "live feed, 50 clients at 2,000 updates/s, kB/s for each"
    FRAME_P50_MS = "sent to frame at rate=1 with commits every 0.5 s, p50, ms"
    FRAME_P99_MS = "sent to frame at rate=1 with commits every 0.5 s, p99, ms"
    QUICK_FRAME_P50_MS = "sent to frame at rate=10 with commits every 0.1 s, p50, ms"
    QUICK_FRAME_P99_MS = "sent to frame at rate=10 with commits every 0.1 s, p99, ms"


class Bound(Enum):
    """On which side of a target a figure should be."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


class Target(NamedTuple):
    """A bound for a figure."""

    bound: Bound
    value: float

    def is_met(self, figure: float) -> bool:
        """Return whether a figure is on the right side."""
        return figure >= self.value if self.bound is Bound.AT_LEAST else figure <= self.value

    def __str__(self) -> str:
        return f"{self.bound.value} {self.value:,.10g}"


TARGETS: Final = {
    Figure.RATE_10_K: Target(Bound.AT_LEAST, 350_000),
    Figure.RATE_1_M: Target(Bound.AT_LEAST, 150_000),
    Figure.DOMAIN_RATE: Target(Bound.AT_LEAST, 150_000),
    Figure.POSITIONS_RATE: Target(Bound.AT_LEAST, 100_000),
    Figure.GEOFENCES_RATIO: Target(Bound.AT_MOST, 1.1),
    Figure.RESTORE_S: Target(Bound.AT_MOST, 5.0),
    Figure.IN_STATE_P50_MS: Target(Bound.AT_MOST, 4.0),
    Figure.IN_STATE_P99_MS: Target(Bound.AT_MOST, 16.0),
    Figure.HTTP_P50_MS: Target(Bound.AT_MOST, 6.0),
    Figure.HTTP_P99_MS: Target(Bound.AT_MOST, 30.0),
    Figure.MEMORY_10_K_MB: Target(Bound.AT_MOST, 200.0),
    Figure.MEMORY_1_M_MB: Target(Bound.AT_MOST, 1_000.0),
    Figure.READS_PER_S: Target(Bound.AT_LEAST, 3_000.0),
    Figure.LOCAL_P99_MS: Target(Bound.AT_MOST, 25.0),
    Figure.FORWARDED_P99_MS: Target(Bound.AT_MOST, 40.0),
    Figure.SCAN_HOLD_MS: Target(Bound.AT_MOST, 10.0),
    Figure.FEED_CORE_SHARE: Target(Bound.AT_MOST, 0.25),
    Figure.FEED_KB_PER_S: Target(Bound.AT_MOST, 60.0),
    Figure.FRAME_P50_MS: Target(Bound.AT_MOST, 900.0),
    Figure.FRAME_P99_MS: Target(Bound.AT_MOST, 1_700.0),
    Figure.QUICK_FRAME_P50_MS: Target(Bound.AT_MOST, 200.0),
    Figure.QUICK_FRAME_P99_MS: Target(Bound.AT_MOST, 500.0),
}
