"""What the fleet must have made of its positions: two judges, one that is plain and one that is thorough.

A third one, in `fleet_kept`, is for what has become of the requests to change geofences and profiles.

The plain one shares no code with the application and needs nothing but the records that were sent. It holds that every
position is told once, accepted or refused for the reason that the tape gave it; that metres, seconds and fixes are
those of the fixes in the order of event time, of vehicles, minutes, hours, days and trips alike; that trips and stops
do not overlap and are where they surely must be; that revisions are told without a gap, rows are what was told last,
and events are told once. None of that depends on when timers go off, which faults shift: late fixes are worked in and
silences are told sooner or later, and the end is the same. It passes over vehicles that were forgotten.

The thorough one, in `fleet_replay`, compares everything else with what the agent itself comes to without an engine.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import isclose
from typing import Any, Final

import msgspec

from tests.reliability.campaign.evidence import Evidence, Seen, check_positions, check_stores, row_key
from tests.reliability.campaign.findings import Findings
from tests.reliability.campaign.fleet_dispatcher import GEOFENCE_CHANGES, PROFILE_CHANGES
from tests.reliability.campaign.fleet_kept import GEOFENCES, PROFILES, check_kept
from tests.reliability.campaign.fleet_plain import SIZES_MS, Driven, Point, drive
from tests.reliability.campaign.fleet_replay import check_against_replay
from tests.reliability.campaign.fleet_tape import FORGET, POSITIONS
from tests.reliability.campaign.rekeying import check_copies, homes_of, was_sent_on

FIXES: Final = "fleet.fixes"
VEHICLES: Final = "fleet.vehicles"
WINDOWS: Final = "fleet.windows"
TRIPS: Final = "fleet.trips"
EVENTS: Final = "fleet.events"
REJECTED: Final = "fleet.rejected"
KEY_CHANGES: Final = "fleet.api-key-changes"
"""Read like the others, and empty: keys are kept by the code that keeps geofences."""
SOURCES: Final = (POSITIONS, GEOFENCE_CHANGES, PROFILE_CHANGES, KEY_CHANGES)
TOPICS: Final = (*SOURCES, FIXES, VEHICLES, WINDOWS, TRIPS, EVENTS, REJECTED, GEOFENCES, PROFILES)
_FORGETS: Final = {"refused_positions": 86_400_000}
"""Of what a store need not hold as long as its changelog: how long it is kept, ms. The tape is too short for others."""
_ON_ARRIVAL: Final = ("in_future", "null_island", "inaccurate")
_LEFT_WITHIN_MS: Final = 6_000
"""A vehicle may be taken to have left as long before its last fix at a place."""
_DRIVEN_MPS: Final = 1.5
_AWAY_DEG: Final = 0.00054
"""60 m northwards: whoever is so far off at once may have left its rest, or not; the next fix tells."""
_TOLERANCE_M: Final = 0.05
_TOLERANCE: Final = 1e-4
"""Two ways to measure differ by as much; a fix more or less makes 70 m."""

Place = tuple[int, str]
"""A vehicle and its partition."""


def _is_close(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE_M)


@dataclass
class Vehicle:
    """What a vehicle has sent, and what must come of it."""

    fixes: dict[Point, Seen] = field(default_factory=dict)
    """The first record of each fix that is good, or that only its neighbours can refuse."""
    refused: Counter[str] = field(default_factory=Counter)
    waiting: set[Point] = field(default_factory=set)
    """What its reorder buffer holds in the end."""

    @property
    def newest_ms(self) -> int:
        """Event time of its newest fix, ms since 1970; 0 without one."""
        return max(self.fixes, default=Point(0, 0, 0)).time_ms

    @cached_property
    def judged(self) -> dict[Point, str | None]:
        """Why each fix is refused in its order, or None; what only the next one can judge is left out at the end."""
        judged = {point: _refused_as(self.fixes[point]) for point in sorted(self.fixes)}
        newest_ms = self.newest_ms
        newest = [point for point in judged if point.time_ms == newest_ms]
        if any(judged[point] == "excursion" or self._may_wait(point, judged) for point in newest):
            for point in newest:
                del judged[point]
        return judged

    def _may_wait(self, newest: Point, judged: Mapping[Point, str | None]) -> bool:
        """Return whether the newest fix waits, and may: it is away from the one before, and no speed says it drives."""
        if newest not in self.waiting or (self.fixes[newest].json().get("speed_mps") or 0.0) >= _DRIVEN_MPS:
            return False
        before = [point for point, reason in judged.items() if reason is None and point.time_ms < newest.time_ms]
        return bool(before) and abs(newest.lat - before[-1].lat) > _AWAY_DEG

    @property
    def accepted(self) -> list[Point]:
        """Its fixes that are good, in order."""
        return [point for point, reason in self.judged.items() if reason is None]

    @cached_property
    def driven(self) -> Driven:
        """What it has done."""
        return drive(self.accepted)


@dataclass
class Expected:
    """What must come of the positions."""

    vehicles: dict[Place, Vehicle] = field(default_factory=lambda: defaultdict(Vehicle))
    rejected: list[tuple[int, int, str]] = field(default_factory=list)
    copies: list[tuple[int, bytes]] = field(default_factory=list)

    def take(self, record: Seen, homes: Mapping[str, int]) -> None:
        """Take in the next record of the positions."""
        name = _vehicle_of(record)
        if name is None:
            self._reject(record, _why_unreadable(record))
        elif homes[name] == record.partition:
            self._receive(record, self.vehicles[record.partition, name])
        elif was_sent_on(record):
            self._reject(record, "miskeyed")
        else:
            self.copies.append((homes[name], record.value or b""))

    def judge(self) -> None:
        """Refuse what only its neighbours could refuse, once all is there."""
        for vehicle in self.vehicles.values():
            for point, reason in vehicle.judged.items():
                if reason is not None:
                    vehicle.refused[reason] += 1
                    self._reject(vehicle.fixes[point], reason)

    def _reject(self, record: Seen, reason: str) -> None:
        self.rejected.append((record.partition, record.offset, reason))

    def _receive(self, record: Seen, vehicle: Vehicle) -> None:
        position = record.json()
        point = Point(position["time_ms"], position["lat"], position["lon"])
        reason = _refused_as(record)
        if reason not in _ON_ARRIVAL:
            if point not in vehicle.fixes:
                vehicle.fixes[point] = record
                return
            reason = "duplicate"
        vehicle.refused[reason] += 1
        self._reject(record, reason)


def _refused_as(record: Seen) -> Any:  # noqa: ANN401 - what the tape says, or None
    return record.json().get("attributes", {}).get("refused_as")


def _vehicle_of(record: Seen) -> str | None:
    try:
        position = record.json()
    except msgspec.DecodeError:
        return None
    if position is None or "lat" not in position or not -90 <= position["lat"] <= 90:
        return None
    return str(position["vehicle_id"])


def _why_unreadable(record: Seen) -> str:
    try:
        position = record.json()
    except msgspec.DecodeError:
        return "malformed"
    return "out_of_range" if "lat" in position else "missing_field"


def judge_fleet(evidence: Evidence) -> Findings:
    """Compare all that the fleet has left behind with what its sources say."""
    findings = Findings()
    homes = homes_of(evidence.topics[POSITIONS], _vehicle_of)
    forgotten = _forgotten(evidence)
    _judge_plainly(_without(forgotten, evidence), homes, findings)
    events = [row["id"] for row in _values(evidence, EVENTS)]
    findings.compare_once(EVENTS, set(events), events)
    check_kept(evidence, findings)
    check_stores(evidence, findings, forgets=_FORGETS)
    check_positions(evidence, SOURCES, findings)
    check_against_replay(evidence, findings)
    findings.looked_at["forgotten vehicles"] = len(forgotten)
    findings.looked_at["events at geofences"] = sum(
        row["type"].startswith("geofence_") for row in _values(evidence, EVENTS)
    )
    return findings


def _forgotten(evidence: Evidence) -> set[str]:
    """Return the vehicles that were forgotten."""
    records = evidence.topics[POSITIONS]
    return {(record.key or b"").decode() for record in records if (FORGET, b"") in record.headers}


def _without(forgotten: Collection[str], evidence: Evidence) -> Evidence:
    """Return what there is of other vehicles, on the topics and in the tables that the plain judge looks at."""
    topics = {
        topic: [record for record in evidence.topics[topic] if _whose(record) not in forgotten]
        for topic in (POSITIONS, FIXES, VEHICLES, WINDOWS, TRIPS, EVENTS, REJECTED)
    }
    tables = {
        table: [record for record in records if (record.key or b"").split(b"\0")[0].decode() not in forgotten]
        for table, records in evidence.changelogs.items()
    }
    return evidence._replace(topics=topics, changelogs=tables)


def _whose(record: Seen) -> str | None:
    """Return the vehicle that a position, or what came of it, is of; of what cannot be read, None."""
    if record.topic == REJECTED:
        return str(record.json()["vehicle_id"])
    if record.topic == POSITIONS:
        return _vehicle_of(record) or (record.key or b"").decode()
    return (record.key or b"").decode()


def _judge_plainly(evidence: Evidence, homes: Mapping[str, int], findings: Findings) -> None:
    positions = evidence.topics[POSITIONS]
    expected = Expected()
    for record in positions:
        expected.take(record, homes)
    _take_waiting(evidence, expected, findings)
    expected.judge()
    check_copies(positions, expected.copies, findings)
    _check_told_once(evidence, expected, findings)
    _check_vehicles(evidence, expected, findings)
    _check_refused_positions(evidence, expected, findings)
    _check_windows(evidence, expected, findings)
    _check_trips(evidence, expected, findings)
    _check_nothing_waits(evidence, findings)


def _take_waiting(evidence: Evidence, expected: Expected, findings: Findings) -> None:
    """Only of the newest time may fixes wait in the end: for the next one, which tells whether they are true."""
    # start, chunk, judged, buffer: of each, the fix
    for (partition, key), track in evidence.table("open_tracks").items():
        vehicle = expected.vehicles[partition, key.decode()]
        vehicle.waiting = {Point(*waiting[0][:3]) for waiting in track[3]}
        newest_ms = vehicle.newest_ms
        for point in vehicle.waiting:
            if point not in vehicle.fixes or point.time_ms != newest_ms:
                findings.note_wrong(f"open_tracks: {point} of {key.decode()} waits, the newest is at {newest_ms}")


def _check_told_once(evidence: Evidence, expected: Expected, findings: Findings) -> None:
    """Every position is on one of two topics, once."""
    rejected = (
        (row["partition"], row["offset"], row["reason"])
        for row in _values(evidence, REJECTED)
        if row["topic"] == POSITIONS
    )
    findings.compare_once(REJECTED, expected.rejected, rejected)
    wanted = [(*place, *point) for place, vehicle in expected.vehicles.items() for point in vehicle.accepted]
    told = [(record.partition, record.json()) for record in evidence.topics[FIXES]]
    findings.compare_once(
        FIXES,
        wanted,
        ((partition, row["vehicle_id"], row["time_ms"], row["lat"], row["lon"]) for partition, row in told),
    )


def _values(evidence: Evidence, topic: str) -> list[Any]:
    return [record.json() for record in evidence.topics[topic]]


def _check_vehicles(evidence: Evidence, expected: Expected, findings: Findings) -> None:
    """What is kept of each, and what was told of it last."""
    known = {(partition, key.decode()): value for (partition, key), value in evidence.table("vehicles").items()}
    wanted = {place: [len(vehicle.accepted), dict(vehicle.refused)] for place, vehicle in expected.vehicles.items()}
    # id, tenant, received, heard, newest, refused, course: last, state, speed, source, interval, sums: fixes, metres
    found = {place: [_sums(value)[0], value[5]] for place, value in known.items()}
    findings.compare_values("vehicles", wanted, found, amount=lambda value: value[0] + sum(value[1].values()))
    told = {
        (record.partition, row["vehicle_id"]): row for record in evidence.topics[VEHICLES] if (row := record.json())
    }
    driving = [place for place, vehicle in expected.vehicles.items() if vehicle.accepted]
    for place in driving:
        vehicle, row = expected.vehicles[place], told.get(place)
        if row is None:
            findings.note_lost(f"{VEHICLES}: nothing is told of {place}")
            continue
        if not row.get("is_provisional"):
            _compare(f"{VEHICLES}: {place} at", row["time_ms"], vehicle.accepted[-1].time_ms, findings)
        _compare(f"{VEHICLES}: fixes of {place}", row["fixes"], len(vehicle.accepted), findings)
        _compare(f"{VEHICLES}: metres of {place}", row["odometer_m"], vehicle.driven.metres, findings)
        _compare(f"vehicles: metres of {place}", _sums(known.get(place, []))[1], vehicle.driven.metres, findings)


def _sums(vehicle: list[Any]) -> list[Any]:
    return vehicle[6][6] if vehicle and vehicle[6] is not None else [0, 0.0]


def _compare(what: str, found: float, wanted: float, findings: Findings) -> None:
    if not _is_close(found, wanted):
        findings.note_wrong(f"{what} is {found}, should be {wanted}")


def _check_refused_positions(evidence: Evidence, expected: Expected, findings: Findings) -> None:
    counted: dict[Place, Counter[str]] = defaultdict(Counter)
    for (partition, key), (counts, _) in evidence.table("refused_positions").items():
        counted[partition, row_key(key)[0]].update(counts)
    wanted = {place: vehicle.refused for place, vehicle in expected.vehicles.items() if vehicle.refused}
    findings.compare_values("refused_positions", wanted, counted, amount=lambda counts: counts.total())


def _check_windows(evidence: Evidence, expected: Expected, findings: Findings) -> None:
    """Every minute, hour and day that was told: once per revision, the last as its row, which is as it must be."""
    # start, end, sums: fixes, metres, four kinds of seconds, ...; highest speed, revision
    rows = {
        (*row_key(key), size): row for size in SIZES_MS for (_, key), row in evidence.table(f"windows_{size}").items()
    }
    told = {
        (row["vehicle_id"], row["start_ms"], row["size"], row["revision"]): row for row in _values(evidence, WINDOWS)
    }
    findings.compare_once(
        "revisions of windows",
        [(*key, revision) for key, row in rows.items() for revision in range(1, row[4] + 1)],
        [(row["vehicle_id"], row["start_ms"], row["size"], row["revision"]) for row in _values(evidence, WINDOWS)],
    )
    for key, row in rows.items():
        last = told.get((*key, row[4]), {})
        if last and [last["end_ms"], last["fixes"], last["distance_m"]] != [row[1], *row[2][:2]]:
            findings.note_wrong(f"{WINDOWS}: {last}, its row is {row}")
    wanted = {
        (name, start_ms, size): span
        for (_, name), vehicle in expected.vehicles.items()
        if vehicle.accepted
        for (size, start_ms), span in vehicle.driven.spans.items()
    }
    findings.compare_values(
        "fixes of windows",
        {key: span.fixes for key, span in wanted.items()},
        {key: row[2][0] for key, row in rows.items() if any(row[2])},
        amount=lambda fixes: fixes,
    )
    for key in wanted.keys() & rows.keys():
        sums = rows[key][2]
        _compare(f"windows: metres of {key}", sums[1], wanted[key].metres, findings)
        _compare(f"windows: seconds of {key}", sum(sums[2:6]), wanted[key].seconds, findings)


def _check_trips(evidence: Evidence, expected: Expected, findings: Findings) -> None:
    """Every trip and stop: once per revision, the last as its row, or withdrawn; and they are those there must be."""
    # leg: kind, start, end, start lat, lon, end lat, lon, sums, highest speed, ending, number; polyline, revision
    rows = {row_key(key): row for (_, key), row in evidence.table("trips").items()}
    last: dict[str, Any] = {}
    for told in _values(evidence, TRIPS):
        before = last.get(told["id"], {"revision": 0})["revision"]
        if told["revision"] != before + 1:
            findings.note_doubled(f"{TRIPS}: revision {told['revision']} of {told['id']} comes after {before}")
        last[told["id"]] = told
    there = {name_id: row for name_id, row in last.items() if not row["is_withdrawn"]}
    findings.compare_values(
        TRIPS,
        {f"{name}@{number}": [row[2], *row[0][:3]] for (name, number), row in rows.items()},
        {each: [row["revision"], row["kind"], row["start_ms"], row["end_ms"]] for each, row in there.items()},
    )
    legs: dict[str, list[list[Any]]] = defaultdict(list)
    for (name, _), row in rows.items():
        legs[name].append(row[0])
    for (_, name), vehicle in expected.vehicles.items():
        if vehicle.accepted:
            _check_legs(name, sorted(legs[name], key=lambda leg: (leg[1], leg[2])), vehicle.driven, findings)


def _check_legs(name: str, legs: Sequence[list[Any]], driven: Driven, findings: Findings) -> None:
    """One comes after the other, every metre that was seen belongs to a trip, and whoever surely stood has a stop."""
    for earlier, later in pairwise(legs):
        if earlier[2] > later[1]:
            findings.note_doubled(f"trips: of {name}, {earlier} and {later} overlap")
    metres = {kind: sum(leg[7][1] for leg in legs if leg[0] == kind) for kind in ("trip", "stop")}
    _compare(f"trips: metres of {name}", metres["trip"], driven.metres - driven.unseen_metres, findings)
    _compare(f"trips: metres of {name} at stops", metres["stop"], 0.0, findings)
    for rest in driven.rests:
        there = [leg for leg in legs if leg[1] <= rest.first_ms and leg[2] >= rest.last_ms - _LEFT_WITHIN_MS]
        if [leg[0] for leg in there] != ["stop"]:
            findings.note_lost(f"trips: {name} stood still in {rest}, there is {there}")


def _check_nothing_waits(evidence: Evidence, findings: Findings) -> None:
    for (_, key), row in evidence.table("late_fixes").items():
        findings.note_lost(f"late_fixes: {row_key(key)} still waits: {row}")
