"""What must come of the requests to change geofences and profiles, worked out in the plainest way.

Requests count in the order in which they stand in their partition. Shares no code with the application.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec

from tests.reliability.campaign.evidence import Evidence, Seen
from tests.reliability.campaign.findings import Findings
from tests.reliability.campaign.fleet_dispatcher import GEOFENCE_CHANGES, PROFILE_CHANGES
from tests.reliability.campaign.fleet_tape import home_of

GEOFENCES: Final = "fleet.geofences"
PROFILES: Final = "fleet.vehicle-profiles"
REJECTED: Final = "fleet.rejected"
_OUTCOMES: Final = 8
"""Of so many requests a row says what became of them."""

Value = dict[str, Any]


class Kind(NamedTuple):
    """Something that is changed by requests.

    Attributes:
        table: Where it is kept.
        changes: Where requests stand.
        topic: Where it is told.
        field: What a request calls it.
        key: What it calls itself by.
    """

    table: str
    changes: str
    topic: str
    field: str
    key: str


KINDS: Final = (
    Kind("geofences", GEOFENCE_CHANGES, GEOFENCES, "geofence", "geofence_id"),
    Kind("vehicle_profiles", PROFILE_CHANGES, PROFILES, "profile", "vehicle_id"),
)


@dataclass
class Kept:
    """One of a kind, after some of its requests."""

    value: Value | None = None
    outcomes: list[list[Any]] = field(default_factory=list)

    @property
    def revision(self) -> int:
        """Which change made it; 0 if it is not there."""
        return 0 if self.value is None else int(self.value["revision"])


@dataclass
class Expected:
    """What must come of the requests about one kind.

    Attributes:
        kept: What there is, by partition and key.
        told: Every value that each key had, None for a deletion.
        rejected: Where something stands that is no request, and why it is none.
        verdicts: How often requests were accepted, or refused for a reason.
    """

    kept: dict[tuple[int, bytes], Kept] = field(default_factory=lambda: defaultdict(Kept))
    told: dict[bytes, list[Value | None]] = field(default_factory=lambda: defaultdict(list))
    rejected: list[tuple[str, int, int, str]] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)

    def take(self, record: Seen, kind: Kind) -> None:
        """Take in the next request."""
        try:
            request = record.json()
        except msgspec.DecodeError:
            self._reject(record, "malformed")
            return
        if kind.field not in request:
            self._reject(record, "missing_field")
            return
        key, value = record.key or b"", request[kind.field]
        if value is not None and value[kind.key].encode() != key:
            self._reject(record, "miskeyed")
            return
        kept = self.kept[record.partition, key]
        if all(request["request_id"] != earlier for earlier, *_ in kept.outcomes):
            self._decide(key, kept, request, value)

    def _reject(self, record: Seen, reason: str) -> None:
        self.rejected.append((record.topic, record.partition, record.offset, reason))

    def _decide(self, key: bytes, kept: Kept, request: Value, value: Value | None) -> None:
        verdict = _verdict(kept, request["seen_revision"], value)
        revision = kept.revision
        self.verdicts[verdict] += 1
        if verdict == "accepted" and value is None:
            if kept.value is not None:
                self.told[key].append(None)
            kept.value, kept.outcomes = None, []
            return
        if verdict == "accepted" and value is not None:
            revision += 1
            kept.value = {**_said(value), "revision": revision}
            self.told[key].append(kept.value)
        if kept.value is not None:
            kept.outcomes = [*kept.outcomes, [request["request_id"], verdict, revision]][-_OUTCOMES:]


_BY_DEFAULT: Final[Mapping[str, Any]] = {"tenant": "default", "overrides": {}}
"""What need not be said."""


def _said(value: Value) -> Value:
    return {name: said for name, said in value.items() if said != _BY_DEFAULT.get(name)}


def _verdict(kept: Kept, seen_revision: int | None, value: Value | None) -> str:
    if kept.value is None and value is None:
        return "accepted"
    if seen_revision not in {None, kept.revision}:
        return "stale"
    if kept.value is not None and value is not None and _tenant(value) != _tenant(kept.value):
        return "other_tenant"
    return "accepted"


def _tenant(value: Value) -> str:
    return str(value.get("tenant", "default"))


def check_kept(evidence: Evidence, findings: Findings) -> None:
    """Compare tables, and what was told of them, with what the requests come to, each once and in their order."""
    rejected: list[tuple[str, int, int, str]] = []
    for kind in KINDS:
        expected = Expected()
        for record in evidence.topics[kind.changes]:
            expected.take(record, kind)
        rejected += expected.rejected
        for verdict, count in expected.verdicts.items():
            findings.looked_at[f"changes: {verdict}"] += count
        _check_table(evidence, kind, expected, findings)
        _check_told(evidence.topics[kind.topic], kind, expected, findings)
    changes = {kind.changes for kind in KINDS}
    rows = [record.json() for record in evidence.topics[REJECTED]]
    found = [(row["topic"], row["partition"], row["offset"], row["reason"]) for row in rows if row["topic"] in changes]
    findings.compare_once("rejected changes", rejected, found)


def _check_table(evidence: Evidence, kind: Kind, expected: Expected, findings: Findings) -> None:
    wanted = {place: [kept.value, kept.outcomes] for place, kept in expected.kept.items() if kept.value is not None}
    found = {place: [_said(value), outcomes] for place, (value, outcomes) in evidence.table(kind.table).items()}
    findings.compare_values(kind.table, wanted, found, amount=_requests)


def _requests(row: Sequence[Any]) -> int:
    return int(row[0]["revision"])


def _check_told(records: Iterable[Seen], kind: Kind, expected: Expected, findings: Findings) -> None:
    """Of a key's values that follow each other within a commit only the last is told; none is told twice."""
    waiting = {key: list(values) for key, values in expected.told.items()}
    last: dict[bytes, Value | None] = {}
    for record in records:
        key, value = record.key or b"", record.json()
        value = last[key] = None if value is None else _said(value)
        if home_of(key) != record.partition:
            findings.note_wrong(f"{kind.topic}: {key!r} stands in partition {record.partition}")
        ahead = waiting.get(key, [])
        if value in ahead:
            waiting[key] = ahead[ahead.index(value) + 1 :]
        else:
            findings.note_doubled(f"{kind.topic}: {value} of {key!r} at {record.offset}, may follow: {ahead}")
    findings.compare_values(kind.topic, {key: values[-1] for key, values in expected.told.items()}, last)
