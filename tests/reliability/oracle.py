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


@dataclass
class Minute:
    """One minute of a vehicle: fixes, metres, and the speeds reported."""

    fixes: int = 0
    distance_m: float = 0.0
    speeds_mps: list[float] = field(default_factory=list)


@dataclass
class Expected:
    """A vehicle as it must be after its positions."""

    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    fixes: list[tuple[int, float, float]] = field(default_factory=list)
    odometer_m: float = 0.0
    minutes: dict[int, Minute] = field(default_factory=lambda: defaultdict(Minute))

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
        minute = self.minutes[time_ms // MINUTE_MS * MINUTE_MS]
        minute.fixes += 1
        minute.speeds_mps += [] if speed_mps is None else [speed_mps]

    def _drive(self, start: tuple[int, float, float], end: tuple[int, float, float]) -> None:
        metres = Geodesic.WGS84.Inverse(start[1], start[2], end[1], end[2])["s12"]
        self.odometer_m += metres
        edges = [start[0], *range(start[0] // MINUTE_MS * MINUTE_MS + MINUTE_MS, end[0], MINUTE_MS), end[0]]
        for since_ms, until_ms in pairwise(edges):
            share = (until_ms - since_ms) / (end[0] - start[0])
            self.minutes[since_ms // MINUTE_MS * MINUTE_MS].distance_m += metres * share

    def last_day(self) -> dict[int, Minute]:
        """Return the minutes of the day that ends with the newest fix, those without anything left out."""
        newest_ms = max(self.fixes)[0] // MINUTE_MS * MINUTE_MS
        return {
            start_ms: minute
            for start_ms, minute in sorted(self.minutes.items())
            if start_ms > newest_ms - 1440 * MINUTE_MS and (minute.fixes or minute.distance_m)
        }


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a gzipped CSV."""
    with gzip.open(path, "rt", newline="") as lines:
        yield from csv.DictReader(lines)


def expect(path: Path, columns: Mapping[str, str], zone: str) -> dict[str, Expected]:
    """Return every vehicle of a recording as it must be; `columns` names those of vehicle, time, lat, lon, speed."""
    vehicles: dict[str, Expected] = defaultdict(Expected)
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
