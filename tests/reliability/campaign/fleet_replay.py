"""What the fleet's own agent comes to without an engine, compared with what it has left behind in Kafka.

The agent's handler runs once more over the positions that came home, with dicts for its tables, no faults and no
commits, and in the order of event time: nothing is late then. State must be the same wherever the order of arrival and
the moments of timers leave no trace by design; they leave none but revisions, numbers, receive times and the borders of
chunks. What is told must be the same where no fix was late; of the others it may be more, for what has been told stays
told, but never less, but for what the last silence ends: when that was is told by a timer, once.

It shares the agent's code, and so does not see a fault of its rules: the plain oracle and the tests of the domain do.
It sees any row, timer, event or byte that the engine loses, doubles or mixes up.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isclose
from typing import Any, Final

import msgspec

from fleet_app.app import create_agents
from fleet_app.domain.course import Course
from fleet_app.domain.plausibility import Strays
from fleet_app.domain.totals import NOTHING
from fleet_app.domain.track import Chunk, Entry, entries_in_columns, entries_of
from fleet_app.domain.vehicle import OpenTrack, Vehicle
from fleet_app.settings import Settings
from fleet_app.stream.declarations import PlainRecord
from tests.agents.fakes import FakeTask
from tests.reliability.campaign.evidence import Evidence, Seen, fold
from tests.reliability.campaign.findings import Findings
from tests.reliability.campaign.fleet_tape import POSITIONS
from tests.reliability.campaign.rekeying import SENT_SO, was_sent_on

_SETTINGS: Final[Mapping[str, Any]] = {"max_age_s": "off", "timezone": "UTC"}
_END_OF_TIME_MS: Final = 10**14
_M_OR_S: Final = 0.02
"""A revision is told of a millimetre or a millisecond at least: rows may be off by some of them."""

Table = dict[Any, Any]
Happened = tuple[int, str]
"""Of an event: when, and of which type."""


class Replayed:
    """The agent in all partitions at once, which for a vehicle is the same as in its own."""

    def __init__(self) -> None:
        (self._agent,) = create_agents(Settings.load(**_SETTINGS))
        self._task = FakeTask(self._agent)

    def run(self, records: Iterable[Seen]) -> None:
        """Handle positions, and let time pass until nothing waits for it any more."""
        for record in records:
            self._task.receive(PlainRecord(record.offset, record.timestamp_ms, record.key, record.value))
        for now_ms in range(_END_OF_TIME_MS, _END_OF_TIME_MS + 3):
            self._task.tick(now_ms)

    def tables(self) -> dict[str, Table]:
        """Return what its tables hold, by name."""
        return self._task.contents

    def told(self, topic: str) -> list[Any]:
        """Return what was told on a topic, as JSON."""
        values = (value for sent_to, _, value in self._task.sent if sent_to.name == topic)
        return [msgspec.to_builtins(value) for value in values]

    def tables_of(self, evidence: Evidence) -> dict[str, Table]:
        """Return what the changelogs hold, decoded as the agent does."""
        folded = {table.name: fold(evidence.changelogs[table.name]) for table in self._agent.owns}
        return {
            table.name: {
                table.keys.decode(key): table.decode(value)
                for rows in folded[table.name].values()
                for key, value in rows.items()
            }
            for table in self._agent.owns
        }


def check_against_replay(evidence: Evidence, homes: Mapping[str, int], findings: Findings) -> None:
    """Compare state and what was told with a replay."""
    replayed = Replayed()
    replayed.run(_in_event_order(evidence.topics[POSITIONS], homes))
    wanted, found = _canonical(replayed.tables()), _canonical(replayed.tables_of(evidence))
    for name in wanted:
        amount = len if name == "tracks" else _nothing
        findings.compare_values(f"{name}, as replayed", wanted[name], found[name], amount)
    rushed = {
        record.partition for record in evidence.topics[POSITIONS] if was_sent_on(record) and not _is_sent_so(record)
    }
    late = {row["vehicle_id"] for row in _values(evidence, "fleet.fixes") if row.get("is_late")}
    late |= {row["vehicle_id"] for row in _values(evidence, "fleet.rejected") if row["reason"] == "same_time"}
    punctual = {name for name, home in homes.items() if home not in rushed} - late
    _check_told(replayed, evidence, punctual, findings)
    _check_shown(replayed, evidence, findings)


def _nothing(_: object) -> int:
    return 0


def _is_sent_so(record: Seen) -> bool:
    return SENT_SO in (record.value or b"")


def _in_event_order(records: Iterable[Seen], homes: Mapping[str, int]) -> list[Seen]:
    """Return the readable positions that stand where they belong, each vehicle's in the order of event time."""
    at_home: list[tuple[Any, Seen]] = []
    for record in records:
        try:
            position = record.json()
        except msgspec.DecodeError:
            continue
        if position.keys() >= {"lat", "lon"} and homes.get(position["vehicle_id"]) == record.partition:
            at_home.append(((position["time_ms"], position["lat"], position["lon"]), record))
    return [record for _, record in sorted(at_home, key=lambda each: (each[0], each[1].offset))]


def _values(evidence: Evidence, topic: str) -> list[Any]:
    return [record.json() for record in evidence.topics[topic]]


def _canonical(tables: Mapping[str, Table]) -> dict[str, Table]:
    """Return tables without what arrival and timers decide."""
    return {
        "vehicles": {name: _vehicle(value) for name, value in tables["vehicles"].items()},
        "timers": tables["vehicle_timers"],
        "tracks": _tracks(tables),
        "trips": {
            (key[0], row.leg.kind, row.leg.start_ms): _fields(msgspec.structs.replace(row.leg, number=0))
            | {"polyline": row.polyline}
            for key, row in tables["trips"].items()
        },
        **{
            name: {
                key: _fields(msgspec.structs.replace(row, revision=0))
                for key, row in rows.items()
                if row.sums != NOTHING
            }
            for name, rows in tables.items()
            if name.startswith("windows_")
        },
    }


def _vehicle(vehicle: Vehicle) -> Any:  # noqa: ANN401 - to be compared
    return msgspec.to_builtins(
        msgspec.structs.replace(
            vehicle,
            received_ms=0,
            heard_ms=0,
            late_since_ms=0,
            is_clock_wrong=False,
            course=vehicle.course and _course(vehicle.course),
        )
    )


def _course(course: Course) -> Course:
    """Return a course without its leg's number, and without what tracks do not keep of a stray."""
    leg, strays = course.leg, course.strays
    return msgspec.structs.replace(
        course,
        leg=leg and msgspec.structs.replace(leg, number=0),
        strays=strays and Strays(strays.fixes, msgspec.structs.replace(strays.last, attributes=None)),
    )


def _tracks(tables: Mapping[str, Table]) -> dict[str, list[Entry]]:
    """Return every vehicle's track as one, wherever its chunks begin, and what waits at its end."""
    tracks: dict[str, list[Entry]] = defaultdict(list)
    chunks: dict[tuple[str, int], Chunk] = tables["tracks"]
    for (name, _), chunk in sorted(chunks.items(), key=lambda each: each[0]):
        tracks[name] += entries_in_columns(chunk.fixes)
    open_tracks: dict[str, OpenTrack] = tables["open_tracks"]
    for name, track in open_tracks.items():
        tracks[name] += entries_of(track.fixes)
        tracks[name] += [Entry(waiting.fix, waiting.offset, None) for waiting in track.buffer]
    return tracks


@dataclass(eq=False)
class Figures:
    """Sums, equal to others that differ by no more than they may."""

    sums: tuple[float, ...]

    def __eq__(self, other: object) -> bool:
        """Return whether these are the same."""
        return isinstance(other, Figures) and all(map(_is_same, self.sums, other.sums))

    def __hash__(self) -> int:
        """Return the same for all that may be equal."""
        return len(self.sums)


def _is_same(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=0, abs_tol=_M_OR_S)


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    """Return a Struct's fields, its sums as figures."""
    fields = msgspec.structs.asdict(struct)
    return {**fields, "sums": Figures(msgspec.structs.astuple(fields["sums"]))}


def _check_told(replayed: Replayed, evidence: Evidence, punctual: set[str], findings: Findings) -> None:
    """Compare fixes and events of vehicles that never were late, and find every event of the others."""
    wanted, found = _by_vehicle(replayed.told("fleet.fixes")), _by_vehicle(_values(evidence, "fleet.fixes"))
    for name in punctual & wanted.keys():
        if wanted[name] != found.get(name):
            findings.note_wrong(f"fleet.fixes of {name}: {found.get(name)}, should be {wanted[name]}")
    events, told = _events(replayed.told("fleet.events")), _events(_values(evidence, "fleet.events"))
    for name, happened in events.items():
        for each in happened - told[name] - (set() if name in punctual else _by_last_silence(happened)):
            findings.note_lost(f"fleet.events: {each} of {name}")
        for each in told[name] - happened if name in punctual else ():
            findings.note_doubled(f"fleet.events: {each} of {name} did not happen")


def _by_last_silence(happened: set[Happened]) -> set[Happened]:
    """Return what the silence at the end tells: it is told by a timer, once, before late fixes may move it."""
    told_by_timers = ("trip_ended", "went_offline")
    newest = (max((each for each in happened if each[1] == kind), default=None) for kind in told_by_timers)
    return {each for each in newest if each is not None}


def _check_shown(replayed: Replayed, evidence: Evidence, findings: Findings) -> None:
    """Where each vehicle is shown in the end is where the replay shows it; on the way there, fixes never grow fewer."""
    wanted = {row["vehicle_id"]: _shown(row) for row in replayed.told("fleet.vehicles")}
    found: dict[str, Any] = {}
    for row in _values(evidence, "fleet.vehicles"):
        before = found.get(row["vehicle_id"], {"fixes": 0})
        if row["fixes"] < before["fixes"]:
            findings.note_doubled(f"fleet.vehicles: {row} comes after {before}")
        found[row["vehicle_id"]] = _shown(row)
    findings.compare_values("newest of fleet.vehicles", wanted, found)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("received_ms", "trip_id")}


def _by_vehicle(rows: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
    told: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        told[row["vehicle_id"]].append({name: value for name, value in row.items() if name != "received_ms"})
    return told


def _events(rows: Iterable[dict[str, Any]]) -> dict[str, set[Happened]]:
    """Return time and type of events by vehicle; when a clock is found to be wrong is a matter of arrival."""
    happened: dict[str, set[Happened]] = defaultdict(set)
    for row in rows:
        if row["type"] != "clock_wrong":
            happened[row["vehicle_id"]].add((row["time_ms"], row["type"]))
    return happened
