"""What the app must answer, computed from a file of positions by the plainest means. Shares no code with it."""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from geographiclib.geodesic import Geodesic

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
KEPT_MS = {"1m": DAY_MS, "1h": 30 * DAY_MS, "1d": 400 * DAY_MS}


@dataclass
class Span:
    """A minute, an hour or a day of a vehicle: fixes, metres, and the speeds reported."""

    fixes: int = 0
    distance_m: float = 0.0
    speeds_mps: list[float] = field(default_factory=list)


def _spans() -> dict[str, dict[int, Span]]:
    return {size: defaultdict(Span) for size in KEPT_MS}


@dataclass
class Expected:
    """A vehicle as it must be after its positions. Days are those of `zone`."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    fixes: list[tuple[int, float, float]] = field(default_factory=list)
    odometer_m: float = 0.0
    spans: dict[str, dict[int, Span]] = field(default_factory=_spans)

    def receive(self, time_ms: int, lat: float, lon: float, speed_mps: float | None) -> None:
        """Take one position in."""
        known = sorted(self.fixes)
        if (time_ms, lat, lon) in known[-16:]:
            self.refused["duplicate"] += 1
            return
        if len(known) >= 16 and (time_ms, lat, lon) < known[-16]:
            self.refused["too_late"] += 1
            return
        if known and time_ms > known[-1][0]:
            # Of two fixes at the newest time, the one that came first is where the vehicle is.
            newest = next(fix for fix in self.fixes if fix[0] == known[-1][0])
            self._drive(newest, (time_ms, lat, lon))
        self.fixes.append((time_ms, lat, lon))
        self.accepted += 1
        for span in self._around(time_ms):
            span.fixes += 1
            span.speeds_mps += [] if speed_mps is None else [speed_mps]

    def _drive(self, start: tuple[int, float, float], end: tuple[int, float, float]) -> None:
        metres = Geodesic.WGS84.Inverse(start[1], start[2], end[1], end[2])["s12"]
        self.odometer_m += metres
        if metres == 0:
            return
        edges = [start[0], *range(start[0] // MINUTE_MS * MINUTE_MS + MINUTE_MS, end[0], MINUTE_MS), end[0]]
        for since_ms, until_ms in pairwise(edges):
            for span in self._around(since_ms):
                span.distance_m += metres * (until_ms - since_ms) / (end[0] - start[0])

    def _around(self, time_ms: int) -> list[Span]:
        """Return the minute, the hour and the day that a time belongs to; hours are counted from midnight."""
        local = datetime.fromtimestamp(time_ms / 1000, self.zone)
        midnight = datetime(local.year, local.month, local.day, tzinfo=self.zone)
        day_ms = round(midnight.timestamp() * 1000)
        starts = {
            "1m": time_ms // MINUTE_MS * MINUTE_MS,
            "1h": day_ms + (time_ms - day_ms) // HOUR_MS * HOUR_MS,
            "1d": day_ms,
        }
        return [self.spans[size][start_ms] for size, start_ms in starts.items()]

    def kept(self, size: str) -> dict[int, Span]:
        """Return the minutes, hours or days that are kept, by start: none that is too far behind the newest fix."""
        oldest_ms = max(self.fixes)[0] - KEPT_MS[size]
        return {start_ms: span for start_ms, span in sorted(self.spans[size].items()) if start_ms >= oldest_ms}


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a gzipped CSV."""
    with gzip.open(path, "rt", newline="") as lines:
        yield from csv.DictReader(lines)


def expect(path: Path, columns: Mapping[str, str], zone: str) -> dict[str, Expected]:
    """Return every vehicle of a recording as it must be; `columns` names those of vehicle, time, lat, lon, speed."""
    vehicles: dict[str, Expected] = defaultdict(lambda: Expected(ZoneInfo(zone)))
    for row in read_rows(path):
        moment = datetime.fromisoformat(row[columns["time"]])
        local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
        speed = row[columns["speed"]] if "speed" in columns else ""
        vehicles[row[columns["vehicle"]]].receive(
            round(local.timestamp() * 1000),
            float(row[columns["lat"]]),
            float(row[columns["lon"]]),
            float(speed) if speed else None,
        )
    return vehicles
