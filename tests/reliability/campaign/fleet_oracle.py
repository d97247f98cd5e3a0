"""What the fleet must have made of its positions, worked out in the plainest way. Shares no code with it.

A pane is closed when event time has passed it or its vehicle has gone quiet, whenever that is: what is told of closed
ones and what is still open must add up to everything, and each revision is told once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from geographiclib.geodesic import Geodesic

from tests.reliability.campaign.evidence import Evidence, Seen, check_positions, check_stores
from tests.reliability.campaign.findings import Findings
from tests.reliability.campaign.rekeying import check_copies, homes_of, was_sent_on

POSITIONS: Final = "fleet.positions"
VEHICLES: Final = "fleet.vehicles"
WINDOWS: Final = "fleet.windows"
REJECTED: Final = "fleet.rejected"
TOPICS: Final = (POSITIONS, VEHICLES, WINDOWS, REJECTED)
SIZES_MS: Final = {"1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}
TABLES: Final = ("vehicles", "vehicle_timers", "windows_1m", "windows_1h", "windows_1d")
_REMEMBERED: Final = 16
_TOLERANCE_M: Final = 0.02
"""A step is some 100 m: what is lost is seen, what two ways to measure differ by is not."""

PaneKey = tuple[str, str, int]
"""A vehicle, a size, a start."""


@dataclass
class Pane:
    """What must have happened in a pane."""

    fixes: int = 0
    distance_m: float = 0.0
    speeds_mps: list[float] = field(default_factory=list)

    def differs(self, fixes: int, distance_m: float, speed_fixes: int, speed_sum_mps: float) -> bool:
        """Return whether these figures are others."""
        return (
            (self.fixes, len(self.speeds_mps)) != (fixes, speed_fixes)
            or abs(self.distance_m - distance_m) > _TOLERANCE_M * max(1, self.fixes)
            or abs(sum(self.speeds_mps) - speed_sum_mps) > _TOLERANCE_M
        )


@dataclass
class Vehicle:
    """A vehicle as it must be after some of its positions."""

    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    recent: list[tuple[int, float, float]] = field(default_factory=list)
    last: tuple[int, float, float] | None = None
    received_ms: int = 0
    odometer_m: float = 0.0
    after: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Event time and odometer after each accepted fix, by how many they are."""

    def refuses(self, fix: tuple[int, float, float]) -> str | None:
        """Return the reason why a fix is no news, or None."""
        if fix in self.recent:
            return "duplicate"
        if len(self.recent) == _REMEMBERED and fix < self.recent[0]:
            return "too_late"
        return None


@dataclass
class Expected:
    """What must come of the positions."""

    vehicles: dict[tuple[int, str], Vehicle] = field(default_factory=lambda: defaultdict(Vehicle))
    panes: dict[PaneKey, Pane] = field(default_factory=lambda: defaultdict(Pane))
    rejected: list[tuple[int, int, str]] = field(default_factory=list)
    copies: list[tuple[int, bytes]] = field(default_factory=list)

    def take(self, record: Seen, homes: Mapping[str, int]) -> None:
        """Take in the next record of the positions."""
        name = _vehicle_of(record)
        if name is None:
            self._reject(record, _why_unreadable(record))
        elif homes[name] == record.partition:
            self._receive(record, self.vehicles[record.partition, name], record.json())
        elif was_sent_on(record):
            self._reject(record, "miskeyed")
        else:
            self.copies.append((homes[name], record.value or b""))

    def _reject(self, record: Seen, reason: str) -> None:
        self.rejected.append((record.partition, record.offset, reason))

    def _receive(self, record: Seen, vehicle: Vehicle, position: Mapping[str, Any]) -> None:
        fix = position["time_ms"], float(position["lat"]), float(position["lon"])
        reason = vehicle.refuses(fix)
        if reason is not None:
            vehicle.refused[reason] += 1
            self._reject(record, reason)
            return
        name = position["vehicle_id"]
        if vehicle.last is None or fix[0] > vehicle.last[0]:
            if vehicle.last is not None:
                self._drive(name, vehicle, vehicle.last, fix)
            vehicle.last = fix
        vehicle.recent = sorted([*vehicle.recent, fix])[-_REMEMBERED:]
        vehicle.accepted += 1
        vehicle.received_ms = record.timestamp_ms
        vehicle.after[vehicle.accepted] = vehicle.last[0], vehicle.odometer_m
        for size, size_ms in SIZES_MS.items():
            pane = self.panes[name, size, fix[0] - fix[0] % size_ms]
            pane.fixes += 1
            pane.speeds_mps += [position["speed_mps"]] if "speed_mps" in position else []

    def _drive(
        self, name: str, vehicle: Vehicle, start: tuple[int, float, float], end: tuple[int, float, float]
    ) -> None:
        metres = Geodesic.WGS84.Inverse(start[1], start[2], end[1], end[2])["s12"]
        vehicle.odometer_m += metres
        for size, size_ms in SIZES_MS.items():
            for pane_ms in range(start[0] - start[0] % size_ms, end[0], size_ms):
                share_ms = min(end[0], pane_ms + size_ms) - max(start[0], pane_ms)
                self.panes[name, size, pane_ms].distance_m += metres * share_ms / (end[0] - start[0])


def judge_fleet(evidence: Evidence) -> Findings:
    """Compare all that the fleet has left behind with what its positions say."""
    findings = Findings()
    positions = evidence.topics[POSITIONS]
    homes = homes_of(positions, _vehicle_of)
    expected = Expected()
    for record in positions:
        expected.take(record, homes)
    check_copies(positions, expected.copies, findings)
    rejected = [record.json() for record in evidence.topics[REJECTED]]
    findings.compare_once(
        REJECTED, expected.rejected, ((row["partition"], row["offset"], row["reason"]) for row in rejected)
    )
    _check_vehicles(evidence, expected, findings)
    _check_vehicles_topic(evidence.topics[VEHICLES], expected, findings)
    _check_windows(evidence, expected, findings)
    check_stores(evidence, findings)
    check_positions(evidence, (POSITIONS,), findings)
    return findings


def _vehicle_of(record: Seen) -> str | None:
    try:
        position = record.json()
    except msgspec.DecodeError:
        return None
    if "lat" not in position or not -90 <= position["lat"] <= 90:
        return None
    return str(position["vehicle_id"])


def _why_unreadable(record: Seen) -> str:
    try:
        position = record.json()
    except msgspec.DecodeError:
        return "malformed"
    return "out_of_range" if "lat" in position else "missing_field"


def _check_vehicles(evidence: Evidence, expected: Expected, findings: Findings) -> None:
    found = {(partition, key.decode()): value for (partition, key), value in evidence.table("vehicles").items()}
    wanted = {
        place: [vehicle.accepted, dict(vehicle.refused), list(vehicle.last or ()), vehicle.received_ms]
        for place, vehicle in expected.vehicles.items()
    }
    # id, tenant, last, last_received_ms, received_ms, odometer_m, accepted, refused, recent, open
    there = {place: [value[6], value[7], (value[2] or [])[:3], value[4]] for place, value in found.items()}
    findings.compare_values("vehicles", wanted, there, amount=lambda value: value[0] + sum(value[1].values()))
    for place in wanted.keys() & found.keys():
        odometer_m, should_m = found[place][5], expected.vehicles[place].odometer_m
        if abs(odometer_m - should_m) > _TOLERANCE_M * expected.vehicles[place].accepted:
            findings.note_wrong(f"vehicles: {place} has driven {odometer_m} m, should be {should_m} m")


def _check_vehicles_topic(records: Iterable[Seen], expected: Expected, findings: Findings) -> None:
    """The topic is compacted and a commit tells the newest only: each record must be true, and the last the newest."""
    told: dict[tuple[int, str], int] = defaultdict(int)
    for record in records:
        row = record.json()
        place = record.partition, row["vehicle_id"]
        if place not in expected.vehicles or row["fixes"] <= told[place]:
            findings.note_doubled(f"{VEHICLES}: {row} comes after {told[place]} fixes")
            continue
        told[place] = row["fixes"]
        time_ms, odometer_m = expected.vehicles[place].after.get(row["fixes"], (0, 0.0))
        if row["time_ms"] != time_ms or abs(row["odometer_m"] - odometer_m) > _TOLERANCE_M * row["fixes"]:
            findings.note_wrong(f"{VEHICLES}: {row}, should be at {time_ms} with {odometer_m} m")
    newest = {place: vehicle.accepted for place, vehicle in expected.vehicles.items() if vehicle.accepted}
    findings.compare_values(f"newest of {VEHICLES}", newest, told, amount=lambda fixes: fixes)


def _check_windows(evidence: Evidence, expected: Expected, findings: Findings) -> None:
    rows = dict(_rows(evidence))
    told = [record.json() for record in evidence.topics[WINDOWS]]
    revisions = [((row["vehicle_id"], row["size"], row["start_ms"]), row["revision"]) for row in told]
    wanted = [(key, revision) for key, row in rows.items() for revision in range(1, row[7] + 1)]
    findings.compare_once("revisions of windows", wanted, revisions)
    for row in told:
        _check_told(row, rows, findings)
    totals: dict[PaneKey, list[list[Any]]] = defaultdict(list)
    for key, row in [*rows.items(), *_open(evidence)]:
        totals[key].append(row)
    for key in expected.panes.keys() | totals.keys():
        _check_pane(key, expected.panes.get(key), totals.get(key, []), findings)


def _rows(evidence: Evidence) -> Iterator[tuple[PaneKey, list[Any]]]:
    """Yield the closed panes. A row's key is the vehicle, a zero byte and the start."""
    for size in SIZES_MS:
        for (_, key), row in evidence.table(f"windows_{size}").items():
            yield (key[:-9].decode(), size, int.from_bytes(key[-8:], "big") - (1 << 63)), row


def _open(evidence: Evidence) -> Iterator[tuple[PaneKey, list[Any]]]:
    for (_, key), vehicle in evidence.table("vehicles").items():
        for size, panes in zip(SIZES_MS, vehicle[9], strict=True):
            for pane in panes:
                yield (key.decode(), size, pane[0]), pane


def _check_told(told: Mapping[str, Any], rows: Mapping[PaneKey, list[Any]], findings: Findings) -> None:
    """What is told last of a window is what its row holds."""
    row = rows.get((told["vehicle_id"], told["size"], told["start_ms"]))
    if row is None or told["revision"] != row[7]:
        return
    if (told["end_ms"], told["fixes"], told["distance_m"], told["max_speed_mps"]) != (row[1], row[2], row[3], row[6]):
        findings.note_wrong(f"{WINDOWS}: {told}, its row is {row}")


def _check_pane(key: PaneKey, expected: Pane | None, parts: list[list[Any]], findings: Findings) -> None:
    # start, end, fixes, distance, fixes with speed, sum of speeds, highest speed, revision
    fixes = sum(part[2] for part in parts)
    if expected is None:
        findings.note_doubled(f"windows: {key} is {parts}, nothing happened then", max(1, fixes))
        return
    figures = fixes, sum(part[3] for part in parts), sum(part[4] for part in parts), sum(part[5] for part in parts)
    if not expected.differs(*figures):
        return
    sentence = f"windows: {key} is {figures}, should be {expected}"
    if fixes < expected.fixes:
        findings.note_lost(sentence, expected.fixes - fixes)
    elif fixes > expected.fixes:
        findings.note_doubled(sentence, fixes - expected.fixes)
    else:
        findings.note_wrong(sentence)
