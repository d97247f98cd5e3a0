r"""What a run has left behind, read as a stranger would: from Kafka, committed records only, and from closed stores.

Nothing of the product's code is used: a changelog's value is one byte of version and a MessagePack array, a marker
is the record with the key `\0positions`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import msgspec
from aiokafka import ConsumerRecord
from rocksdict import AccessType, Options, Rdict

from tests.reliability.campaign.findings import Findings
from tests.support.kafka import end_offsets, group_offsets, read_topics

MARKER: Final = b"\0positions"

Place = tuple[str, int]
"""A topic and a partition."""
Folded = dict[bytes, bytes]
"""A table in one partition: stored keys and values."""


NOTHING_FORGOTTEN: Final[Mapping[str, int]] = {}


class Seen(NamedTuple):
    """A committed record."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()

    def json(self) -> Any:  # noqa: ANN401 - JSON
        """Return the decoded value."""
        return msgspec.json.decode(self.value or b"null")


class Evidence(NamedTuple):
    """Everything that is looked at.

    Attributes:
        topics: Every committed record, by topic, each partition's in order.
        ends: The last stable offsets.
        offsets: What the group has committed.
        changelogs: Every committed record of each table's changelog, by table.
        stores: What the owner's closed store holds, by table and partition.
    """

    topics: Mapping[str, list[Seen]]
    ends: Mapping[Place, int]
    offsets: Mapping[Place, int]
    changelogs: Mapping[str, list[Seen]]
    stores: Mapping[tuple[str, int], Folded]

    def table(self, name: str) -> dict[tuple[int, bytes], list[Any]]:
        """Return a table by its changelog: decoded values by partition and stored key."""
        folded = fold(self.changelogs[name])
        return {(partition, key): decoded(value) for partition, rows in folded.items() for key, value in rows.items()}


def read_evidence(
    bootstrap: str, app_id: str, *, topics: Iterable[str], tables: Iterable[str], stores: Mapping[int, Path]
) -> Evidence:
    """Return what a run has left behind; `stores` says where each partition's owner keeps its store."""
    topics, tables = list(topics), list(tables)
    changelogs = {f"{app_id}-{table}-changelog": table for table in tables}
    records = read_topics(bootstrap, [*topics, *changelogs])
    return Evidence(
        topics={topic: [_seen(record) for record in records[topic]] for topic in topics},
        ends=end_offsets(bootstrap, topics),
        offsets=group_offsets(bootstrap, app_id),
        changelogs={table: [_seen(record) for record in records[name]] for name, table in changelogs.items()},
        stores={
            (table, partition): rows
            for partition, path in stores.items()
            for table, rows in read_store(path, tables).items()
        },
    )


def _seen(record: "ConsumerRecord[bytes, bytes]") -> Seen:
    return Seen(
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        tuple(record.headers),
    )


def read_store(path: Path, tables: Iterable[str]) -> dict[str, Folded]:
    """Return what a closed store holds, by table."""
    names = Rdict.list_cf(str(path))
    families = {name: Options(raw_mode=True) for name in names}
    store = Rdict(str(path), Options(raw_mode=True), column_families=families, access_type=AccessType.read_only())
    try:
        return {table: _rows(store.get_column_family(table)) if table in names else {} for table in tables}
    finally:
        store.close()


def _rows(family: Rdict) -> Folded:
    rows = cast("Iterable[tuple[bytes, bytes]]", family.items())
    return dict(rows)


def fold(records: Iterable[Seen]) -> dict[int, Folded]:
    """Return what a changelog amounts to in each partition: each key's newest value, tombstones obeyed."""
    folded: dict[int, Folded] = defaultdict(dict)
    for record in records:
        if record.key == MARKER:
            continue
        if record.value is None:
            folded[record.partition].pop(record.key or b"", None)
        else:
            folded[record.partition][record.key or b""] = record.value
    return folded


def decoded(value: bytes) -> list[Any]:
    """Return a stored value without its version."""
    found: list[Any] = msgspec.msgpack.decode(value[1:])
    return found


def row_key(key: bytes) -> tuple[str, int]:
    """Return what the stored key of a row says: a text, a zero byte, and a number."""
    return key[:-9].decode(), int.from_bytes(key[-8:], "big") - (1 << 63)


def check_stores(evidence: Evidence, findings: Findings, forgets: Mapping[str, int] = NOTHING_FORGOTTEN) -> None:
    """Compare each owner's store with the changelogs.

    `forgets` says of tables whose rows leave stores by age, and changelogs later: how far behind a text's newest.
    """
    folded = {table: fold(records) for table, records in evidence.changelogs.items()}
    for (table, partition), rows in evidence.stores.items():
        wanted = folded[table].get(partition, {})
        old = _old(wanted, forgets[table]) if table in forgets else set()
        findings.compare_values(f"store of {table}[{partition}]", _without(wanted, old), _without(rows, old))


def _old(rows: Folded, kept: int) -> set[bytes]:
    newest: dict[str, int] = {}
    for key in rows:
        text, number = row_key(key)
        newest[text] = max(number, newest.get(text, number))
    return {key for key in rows if row_key(key)[1] < newest[row_key(key)[0]] - kept}


def _without(rows: Folded, old: set[bytes]) -> Folded:
    return {key: value for key, value in rows.items() if key not in old}


def check_positions(evidence: Evidence, sources: Iterable[str], findings: Findings) -> None:
    """Compare the newest marker of every changelog with the group's offsets, and these with the ends of the sources."""
    last: dict[Place, int] = defaultdict(int)
    for source in sources:
        for record in evidence.topics[source]:
            last[source, record.partition] = record.offset + 1
    for (source, partition), after in last.items():
        offset = evidence.offsets.get((source, partition), 0)
        if not after <= offset <= evidence.ends[source, partition]:
            end = evidence.ends[source, partition]
            findings.note_wrong(
                f"group offset of {source}[{partition}] is {offset}; last record + 1 {after}, end {end}"
            )
    for table, records in evidence.changelogs.items():
        for partition, marker in _markers(records).items():
            _check_marker(f"marker of {table}[{partition}]", marker, partition, evidence.offsets, findings)


def _markers(records: Iterable[Seen]) -> dict[int, dict[str, int]]:
    return {
        record.partition: msgspec.msgpack.decode(record.value or b"")[0] for record in records if record.key == MARKER
    }


def _check_marker(
    what: str, marker: Mapping[str, int], partition: int, offsets: Mapping[Place, int], findings: Findings
) -> None:
    committed = {topic: offset for (topic, number), offset in offsets.items() if number == partition}
    for topic, position in marker.items():
        if committed.get(topic) != position:
            findings.note_wrong(f"{what} says {position} for {topic}, the group {committed.get(topic)}")
