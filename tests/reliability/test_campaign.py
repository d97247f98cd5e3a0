"""The campaign's own parts: that its oracle sees what is lost, doubled or wrong, and that every fault has its turn."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count, islice
from math import gcd
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from fleet_app.stream.declarations import (
    REKEYED,
    Agent,
    Cleanup,
    Due,
    FailedRecord,
    GlobalView,
    Handler,
    PlainRecord,
    Record,
    RekeyedTwiceError,
    Table,
    Topic,
)
from fleet_app.stream.keys import ROWS, RowKey
from fleet_app.stream.partitioning import partition_of
from tables.late_fixes import LATE_FIXES, LateFixes
from tests.reliability.campaign.counter import Counter
from tests.reliability.campaign.evidence import MARKER, Evidence, Seen
from tests.reliability.campaign.faults import COMMIT_STEPS, FAULTS, RESTORE_STEPS, fault_of, session_s_of
from tests.reliability.campaign.findings import Findings
from tests.reliability.campaign.fleet import Fleet
from tests.reliability.campaign.fleet_replay import fleet_settings
from tests.reliability.campaign.fleet_worker import agents_of
from tests.reliability.campaign.gaps import Gaps, measure
from tests.reliability.campaign.one_run import Run
from tests.reliability.campaign.results import append_run, gaps_of, read_runs, table_of
from tests.reliability.campaign.scene import Moment
from tests.reliability.campaign.steps import STEPS
from tests.reliability.campaign.subject import Progress, Sending, Subject
from tests.reliability.counter_app.agents import FIRST_RELEASE

PARTITIONS = 4
BETWEEN_COMMITS = 200
LATER_MS = 1_900_000_000_000
"""The clock of the day, long after the fleet's tape."""
END_OF_TIME_MS = 10**14

Headers = Sequence[tuple[str, bytes]]


def home(key: bytes) -> int:
    return partition_of(key, PARTITIONS)


class Unwritten(NamedTuple):
    """What is appended to a log; without a time, it gets the broker's."""

    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp_ms: int | None = None


class Posted(NamedTuple):
    """What a task has sent: where, what, and whether of its key only the newest counts."""

    place: tuple[str, int]
    record: Unwritten
    newest_only: bool


class Broker:
    """Logs of records, appended one by one, a millisecond apart."""

    def __init__(self) -> None:
        self.logs: dict[str, dict[int, list[Seen]]] = defaultdict(lambda: defaultdict(list))
        self._clock = count(LATER_MS)

    def append(self, place: tuple[str, int], record: "Unwritten") -> None:
        topic, partition = place
        log = self.logs[topic][partition]
        now_ms = record.timestamp_ms or next(self._clock)
        log.append(Seen(topic, partition, len(log), now_ms, record.key, record.value, tuple(record.headers)))

    def records(self, topic: str) -> list[Seen]:
        return [record for _, log in sorted(self.logs[topic].items()) for record in log]


class Tables(dict[Any, Any]):
    """The state of a table in one task, what was there before the present record, and what has changed since a cut."""

    def __init__(self) -> None:
        super().__init__()
        self._before: dict[Any, Any] = {}
        self._changed: dict[Any, Any] = {}
        self._changed_before: dict[Any, Any] = {}

    def __setitem__(self, key: Any, value: Any) -> None:  # noqa: ANN401 - any table's
        self._before.setdefault(key, self.get(key))
        super().__setitem__(key, value)
        self._changed[key] = value

    def __delitem__(self, key: Any) -> None:  # noqa: ANN401 - any table's
        self._before.setdefault(key, self.get(key))
        self.pop(key, None)
        self._changed[key] = None

    def cut(self) -> list[tuple[Any, Any]]:
        """Hand over what has changed."""
        changed, self._changed = self._changed, {}
        self.keep()
        return list(changed.items())

    def rows(self, text: str, start: int, stop: int) -> list[tuple[int, Any]]:
        return sorted((key[1], row) for key, row in self.items() if key[0] == text and start <= key[1] < stop)

    def expire(self, text: str, before: int) -> None:
        """Keep everything, as changelogs do for longer."""

    def keep(self) -> None:
        self._before.clear()
        self._changed_before = dict(self._changed)

    def undo(self) -> None:
        for key, value in self._before.items():
            self.pop(key, None)
            self.update({} if value is None else {key: value})
        self._changed = self._changed_before
        self.keep()


class Timers:
    """Timers in a table of dues."""

    def __init__(self, state: Tables, on_due: Callable[[str, int], None]) -> None:
        self._state, self._on_due = state, on_due
        self._went_off_ms = -1

    def arm(self, key: str, due_ms: int) -> None:
        armed = self._state.get(key)
        due_ms = max(due_ms, self._went_off_ms + 1)
        if armed is None or armed.due_ms > due_ms:
            self._state[key] = Due(due_ms)

    def disarm(self, key: str) -> None:
        if key in self._state:
            del self._state[key]

    def go_off(self, now_ms: int) -> None:
        while due := sorted((due.due_ms, key) for key, due in self._state.items() if due.due_ms <= now_ms):
            _, key = due[0]
            del self._state[key]
            self._went_off_ms = now_ms
            self._on_due(key, now_ms)


class Shown:
    """A global view: what the logs of its topic held when it was looked at last."""

    def __init__(self, broker: Broker, view: GlobalView[Any, Any]) -> None:
        self._broker, self._view = broker, view
        self.now = view.empty
        self.positions = [0] * PARTITIONS

    def take_newest(self) -> None:
        topic = self._view.topic
        for partition, log in self._broker.logs[topic.name].items():
            for record in log[self.positions[partition] :]:
                value = None if record.value is None else msgspec.json.decode(record.value, type=topic.value)
                self.now = self._view.changed(self.now, {(record.key or b"").decode(): value})
            self.positions[partition] = len(log)


class PlainTask:
    """One agent in one partition, with an engine that never fails: a dict for a table."""

    def __init__(self, broker: Broker, agent: Agent, partition: int) -> None:
        self._source = agent.reads.name
        self.partition = partition
        self.tables: dict[str, Tables] = {}
        self.views: dict[str, Shown] = {}
        self._timers: list[Timers] = []
        self._broker = broker
        self._outbox: list[Posted] = []
        self._kept: list[Posted] = []

    def table(self, table: Table[Any, Any]) -> Tables:
        return self.tables.setdefault(table.name, Tables())

    def rows(self, table: Table[RowKey, Any]) -> Tables:
        return self.table(table)

    def timers(self, table: Table[str, Any], on_due: Callable[[str, int], None]) -> Timers:
        self._timers.append(Timers(self.table(table), on_due))
        return self._timers[-1]

    def view(self, view: GlobalView[Any, Any]) -> Shown:
        return self.views.setdefault(view.topic.name, Shown(self._broker, view))

    def send(self, topic: Topic, key: str, value: msgspec.Struct | None) -> None:
        encoded = None if value is None else msgspec.json.encode(value)
        self._post(topic.name, Unwritten(key.encode(), encoded), newest_only=topic.cleanup is Cleanup.COMPACT)

    def _post(self, topic: str, record: Unwritten, *, newest_only: bool = False) -> None:
        self._outbox.append(Posted((topic, home(record.key or b"")), record, newest_only))

    def is_home(self, key: str) -> bool:
        return home(key.encode()) == self.partition

    def rekey(self, record: Record, key: str) -> None:
        if any(name == REKEYED for name, _ in record.headers):
            raise RekeyedTwiceError(key, self.partition)
        self._post(self._source, Unwritten(key.encode(), record.value, ((REKEYED, b""),)))

    def handle(self, agent: Agent, handler: Callable[[Record], None], seen: Seen) -> None:
        self.tick(seen.timestamp_ms)
        record = PlainRecord(seen.offset, seen.timestamp_ms, seen.key, seen.value, (*seen.headers,))
        try:
            handler(record)
        except Exception as error:  # noqa: BLE001 - as the engine does
            self._outbox.clear()
            for table in self.tables.values():
                table.undo()
            failed = FailedRecord(
                topic=seen.topic, partition=seen.partition, record=record, error=error, detail=str(error)
            )
            key, value = agent.dead_letters.write(failed)
            self.send(agent.dead_letters.topic, key, value)
        self._keep()

    def tick(self, now_ms: int) -> None:
        for timers in self._timers:
            timers.go_off(now_ms)
        self._keep()

    def _keep(self) -> None:
        self._kept += self._outbox
        self._outbox.clear()
        for table in self.tables.values():
            table.keep()

    def publish(self) -> None:
        """Append what was sent; of what only the newest counts, in the place of the first."""
        newest = {(post.place, post.record.key): post for post in self._kept if post.newest_only}
        for post in self._kept:
            if not post.newest_only:
                self._broker.append(post.place, post.record)
        for post in newest.values():
            self._broker.append(post.place, post.record)
        self._kept.clear()


class Bound(NamedTuple):
    """An agent in one partition."""

    agent: Agent
    task: PlainTask
    handler: Handler


class World:
    """A broker, and every agent in every partition of it."""

    def __init__(self, subject: Subject, agents: Iterable[Agent]) -> None:
        self.subject = subject
        self.broker = Broker()
        self.offsets: dict[tuple[str, int], int] = defaultdict(int)
        self.changelogs: dict[str, list[Seen]] = defaultdict(list)
        self.bound: list[Bound] = []
        for agent in agents:
            for partition in range(PARTITIONS):
                task = PlainTask(self.broker, agent, partition)
                self.bound.append(Bound(agent, task, agent.bind(task)))

    def feed(self, load: Iterable[Sending]) -> None:
        for number, sending in enumerate(load):
            partition = home(sending.key or str(number).encode()) if sending.partition is None else sending.partition
            record = Unwritten(sending.key, sending.value, sending.headers, sending.timestamp_ms)
            self.broker.append((sending.topic, partition), record)

    def handle_all(self) -> None:
        """Handle what there is, a commit each, what that makes, and what follows from that."""
        for _ in range(3):
            for agent, task, handler in self.bound:
                place = agent.reads.name, task.partition
                for record in self.broker.logs[place[0]][task.partition][self.offsets[place] :]:
                    task.handle(agent, handler, record)
                    self.offsets[place] += 1
            self.commit()

    def grow_quiet(self) -> None:
        for _, task, _ in self.bound:
            task.tick(END_OF_TIME_MS)
            task.tick(END_OF_TIME_MS + 1)
        self.commit()

    def commit(self) -> None:
        for partition in range(PARTITIONS):
            here = [(agent, task) for agent, task, _ in self.bound if task.partition == partition]
            views = {topic: list(view.positions) for _, task in here for topic, view in task.views.items()}
            last = MARKER, marker(self.offsets, partition, views)
            for agent, task in here:
                for table in agent.owns:
                    changed = [
                        (table.keys.encode(key), None if value is None else table.encode(value))
                        for key, value in task.table(table).cut()
                    ]
                    for key, value in (*changed, last):
                        log = self.changelogs[table.name]
                        log.append(Seen(table.name, partition, len(log), 0, key, value))
                task.publish()
        for _, task, _ in self.bound:
            for view in task.views.values():
                view.take_newest()

    def evidence(self) -> Evidence:
        stores = {
            (table.name, task.partition): {
                table.keys.encode(key): table.encode(value) for key, value in task.table(table).items()
            }
            for agent, task, _ in self.bound
            for table in agent.owns
        }
        logs = self.broker.logs
        ends = {(topic, partition): len(log) for topic, places in logs.items() for partition, log in places.items()}
        topics = {topic: self.broker.records(topic) for topic in self.subject.topics}
        return Evidence(topics, ends, dict(self.offsets), self.changelogs, stores)


def exact_evidence(subject: Subject, agents: Iterable[Agent], count: int) -> Evidence:
    """Return what an engine leaves behind that does all it should."""
    world = World(subject, agents)
    load = islice(subject.records(seed=7), count)
    while some := list(islice(load, BETWEEN_COMMITS)):
        world.feed(some)
        world.handle_all()
    world.feed(subject.closing())
    world.handle_all()
    world.grow_quiet()
    return world.evidence()


def marker(offsets: dict[tuple[str, int], int], partition: int, views: Mapping[str, list[int]]) -> bytes:
    positions = {topic: offset for (topic, number), offset in offsets.items() if number == partition}
    return msgspec.msgpack.encode([positions, 0, [], {}, views])


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return exact_evidence(Counter(), FIRST_RELEASE, 4_000)


@pytest.fixture(scope="module")
def fleet_evidence() -> Evidence:
    return exact_evidence(Fleet(), agents_of(fleet_settings()), 5_000)


@pytest.fixture(scope="module")
def short_evidence() -> Evidence:
    """A quarter of it: enough to be damaged, and soon judged."""
    return exact_evidence(Fleet(), agents_of(fleet_settings()), 1_250)


def judge(evidence: Evidence) -> Findings:
    return Counter().judge(evidence, "first")


def without(evidence: Evidence, topic: str, index: int) -> Evidence:
    records = list(evidence.topics[topic])
    del records[index]
    return evidence._replace(topics={**evidence.topics, topic: records})


def twice(evidence: Evidence, topic: str, index: int) -> Evidence:
    records = evidence.topics[topic]
    return evidence._replace(topics={**evidence.topics, topic: [*records, records[index]]})


def newest_row(evidence: Evidence, table: str) -> Seen:
    rows = [record for record in evidence.changelogs[table] if record.key != MARKER]
    last = {record.key: record for record in rows}
    return next(record for record in reversed(rows) if last[record.key].value is not None)


def without_a_row(evidence: Evidence, table: str) -> Evidence:
    key = newest_row(evidence, table).key
    others = [record for record in evidence.changelogs[table] if record.key != key]
    return evidence._replace(changelogs={**evidence.changelogs, table: others})


def test_an_exact_engine_has_nothing_against_it(evidence: Evidence) -> None:
    findings = judge(evidence)

    assert findings.sentences == []
    assert findings.exact


def test_the_load_holds_something_of_everything(evidence: Evidence) -> None:
    errors = {record.json()["error"] for record in evidence.topics["counter.dead"]}

    assert errors == {"PoisonedError", "Undecodable", "RekeyedTwiceError"}
    assert all(evidence.topics[topic] for topic in Counter.topics)
    assert all(evidence.table(table) for table in ("counts", "closed", "tallied", "sums"))


@pytest.mark.parametrize("topic", ["counter.letters", "counter.tallies", "counter.dead"])
def test_a_missing_output_is_lost(evidence: Evidence, topic: str) -> None:
    assert judge(without(evidence, topic, 5)).lost > 0


@pytest.mark.parametrize("topic", ["counter.letters", "counter.tallies", "counter.dead", "counter.closings"])
def test_an_output_that_is_there_again_is_doubled(evidence: Evidence, topic: str) -> None:
    assert judge(twice(evidence, topic, 5)).doubled > 0


def test_the_closing_of_a_words_newest_record_must_be_there(evidence: Evidence) -> None:
    assert judge(without(evidence, "counter.closings", -1)).lost > 0


def test_outputs_in_another_order_are_wrong(evidence: Evidence) -> None:
    records = list(evidence.topics["counter.tallies"])
    records[10], records[11] = records[11], records[10]

    assert judge(evidence._replace(topics={**evidence.topics, "counter.tallies": records})).wrong > 0


@pytest.mark.parametrize("table", ["counts", "closed", "tallied", "sums"])
def test_a_value_that_the_changelog_does_not_hold_is_lost(evidence: Evidence, table: str) -> None:
    assert judge(without_a_row(evidence, table)).lost > 0


@pytest.mark.parametrize("table", ["counts", "tallied", "sums"])
@pytest.mark.parametrize(("more", "verdict"), [(3, "doubled"), (-1, "lost")])
def test_a_count_that_is_off_is_told_by_how_much(evidence: Evidence, table: str, more: int, verdict: str) -> None:
    newest = newest_row(evidence, table)
    others = [record for record in evidence.changelogs[table] if record.key != newest.key]
    value = msgspec.msgpack.decode((newest.value or b"")[1:])
    changed = newest._replace(value=b"\1" + msgspec.msgpack.encode([value[0] + more, *value[1:]]))
    stores = {**evidence.stores, (table, newest.partition): dict(evidence.stores[table, newest.partition])}
    stores[table, newest.partition][newest.key or b""] = changed.value or b""

    findings = judge(evidence._replace(changelogs={**evidence.changelogs, table: [changed, *others]}, stores=stores))

    assert getattr(findings, verdict) == abs(more)


def test_a_store_that_differs_from_its_changelog_is_told(evidence: Evidence) -> None:
    place = "sums", 2
    key, *_ = evidence.stores[place]
    stores = {**evidence.stores, place: {**evidence.stores[place], key: b"\1other", b"more": b"\1"}}

    findings = judge(evidence._replace(stores=stores))

    assert (findings.lost, findings.doubled, findings.wrong) == (0, 1, 1)


def test_group_offsets_markers_and_ends_must_agree(evidence: Evidence) -> None:
    offsets = {**evidence.offsets, ("counter.words", 1): evidence.offsets["counter.words", 1] - 1}

    # The source's end, and the marker of each of five tables.
    assert judge(evidence._replace(offsets=offsets)).wrong == 1 + 5


def judge_fleet(evidence: Evidence) -> Findings:
    return Fleet().judge(evidence, "first")


def test_an_exact_fleet_has_nothing_against_it(fleet_evidence: Evidence) -> None:
    findings = judge_fleet(fleet_evidence)

    assert findings.sentences == []
    assert findings.exact


def told_of(evidence: Evidence, topic: str, field: str) -> set[Any]:
    return {record.json()[field] for record in evidence.topics[topic]}


def test_the_fleets_load_holds_something_of_everything(fleet_evidence: Evidence) -> None:
    rows = {table: len(fleet_evidence.table(table)) for table in Fleet().tables("first")}

    assert told_of(fleet_evidence, "fleet.rejected", "reason") == {
        "malformed", "missing_field", "out_of_range", "in_future", "null_island", "inaccurate", "duplicate",
        "same_time", "implied_speed", "excursion", "miskeyed",
    }  # fmt: skip
    assert told_of(fleet_evidence, "fleet.windows", "size") == {"1m", "1h", "1d"}
    assert told_of(fleet_evidence, "fleet.trips", "ending") == {"stop", "departure", "silence"}
    assert told_of(fleet_evidence, "fleet.trips", "is_withdrawn") == {True, False}
    assert told_of(fleet_evidence, "fleet.events", "type") == {
        "trip_started", "trip_ended", "stop_started", "stop_ended", "idle_started", "idle_ended", "overspeed_started",
        "overspeed_ended", "braked_harshly", "went_offline", "came_back", "clock_wrong", "teleport_refused",
        "geofence_entered", "geofence_exited", "geofence_dwelled",
        "geofence_overspeed_started", "geofence_overspeed_ended",
    }  # fmt: skip
    # Timers and late fixes come and go; keys are kept as geofences are, by the same code, and not made here.
    assert {table for table, count in rows.items() if not count} == {"vehicle_timers", "late_fixes", "api_keys"}
    assert any("is_late" in record.json() for record in fleet_evidence.topics["fleet.fixes"])
    assert set(judge_fleet(fleet_evidence).looked_at) == {
        "changes: accepted", "changes: stale", "changes: other_tenant", "switches of fleet.geofences",
        "switches of fleet.vehicle-profiles", "events at geofences", "forgotten vehicles", "timers", "commits",
    }  # fmt: skip


@pytest.mark.parametrize("topic", ["fleet.fixes", "fleet.rejected", "fleet.windows", "fleet.trips", "fleet.events"])
def test_what_the_fleet_tells_once_is_looked_for_and_counted(short_evidence: Evidence, topic: str) -> None:
    missing, doubled = judge_fleet(without(short_evidence, topic, 5)), judge_fleet(twice(short_evidence, topic, 5))

    assert missing.lost + missing.doubled > 0
    assert doubled.doubled > 0


def test_what_is_told_of_a_vehicle_moves_on_and_ends_with_the_newest(short_evidence: Evidence) -> None:
    assert judge_fleet(without(short_evidence, "fleet.vehicles", -1)).wrong > 0
    assert judge_fleet(twice(short_evidence, "fleet.vehicles", 5)).doubled > 0


@pytest.mark.parametrize(
    "table",
    [
        "vehicles", "open_tracks", "tracks", "trips", "refused_positions", "windows_1m", "windows_1h", "told_events",
        "geofences", "vehicle_profiles",
    ],
)  # fmt: skip
def test_a_row_that_is_missing_is_told(short_evidence: Evidence, table: str) -> None:
    assert not judge_fleet(without_a_row(short_evidence, table)).exact


def test_a_late_fix_that_still_waits_is_lost(short_evidence: Evidence) -> None:
    waiting = Seen("late_fixes", 0, 0, 0, ROWS.encode(("v-1", 1)), LATE_FIXES.encode(LateFixes(())))
    changelogs = {**short_evidence.changelogs, "late_fixes": [*short_evidence.changelogs["late_fixes"], waiting]}

    assert judge_fleet(short_evidence._replace(changelogs=changelogs)).lost > 0


@pytest.mark.parametrize("topic", ["fleet.geofences", "fleet.vehicle-profiles"])
def test_what_is_changed_by_request_is_told_once_and_as_it_was_asked_for(short_evidence: Evidence, topic: str) -> None:
    assert judge_fleet(twice(short_evidence, topic, 5)).doubled > 0
    assert not judge_fleet(without(short_evidence, topic, -1)).exact


def with_steps(evidence: Evidence, steps: list[Seen]) -> Evidence:
    return evidence._replace(changelogs={**evidence.changelogs, STEPS.name: steps})


def sentences(evidence: Evidence) -> str:
    return "\n".join(judge_fleet(evidence).sentences)


def a_record_s_step(evidence: Evidence) -> int:
    steps = enumerate(evidence.changelogs[STEPS.name])
    return next(place for place, step in steps if place > 500 and (step.key or b"").startswith(b"record"))


def test_a_record_that_was_handled_again_is_told(short_evidence: Evidence) -> None:
    steps, place = short_evidence.changelogs[STEPS.name], a_record_s_step(short_evidence)
    again = steps[place]

    assert "handled" in sentences(with_steps(short_evidence, [*steps[:place], again, *steps[place:]]))


def test_a_record_that_was_passed_over_is_told(short_evidence: Evidence) -> None:
    steps, place = short_evidence.changelogs[STEPS.name], a_record_s_step(short_evidence)

    assert "was not handled" in sentences(with_steps(short_evidence, [*steps[:place], *steps[place + 1 :]]))


def test_a_step_under_other_views_than_the_marker_tells_is_told(short_evidence: Evidence) -> None:
    steps, place = short_evidence.changelogs[STEPS.name], a_record_s_step(short_evidence)
    step = msgspec.structs.replace(STEPS.decode(steps[place].value or b""), views=(1, 2))
    other = steps[place]._replace(value=STEPS.encode(step))

    assert "under other views" in sentences(with_steps(short_evidence, [*steps[:place], other, *steps[place + 1 :]]))


def test_a_view_that_went_back_is_told(short_evidence: Evidence) -> None:
    steps = short_evidence.changelogs[STEPS.name]
    markers = [place for place, step in enumerate(steps) if step.key == MARKER and step.partition == 1]
    positions, time_ms, tables, origins, _ = msgspec.msgpack.decode(steps[markers[-1]].value or b"")
    views = msgspec.msgpack.decode(steps[markers[2]].value or b"")[4]
    back = steps[markers[-1]]._replace(value=msgspec.msgpack.encode([positions, time_ms, tables, origins, views]))

    assert "went back" in sentences(
        with_steps(short_evidence, [*steps[: markers[-1]], back, *steps[markers[-1] + 1 :]])
    )


def test_a_change_that_not_every_task_came_to_know_is_told(short_evidence: Evidence) -> None:
    records = short_evidence.topics["fleet.geofences"]
    last = records[-1]._replace(offset=records[-1].offset + 1)
    topics = {**short_evidence.topics, "fleet.geofences": [*records, last]}

    assert "in the end" in sentences(short_evidence._replace(topics=topics))


def test_every_step_is_attacked_and_every_kind_of_fault_has_its_turn() -> None:
    names = {fault_of(seed).name for seed in range(1, len(FAULTS) + 1)}

    assert names == set(FAULTS)
    assert gcd(len(FAULTS), 2 * 5) == 1  # else a kind would always meet the same app, or the same session
    assert {f"kill -9 at {step}" for step in (*COMMIT_STEPS, *RESTORE_STEPS)} <= names


def test_one_session_in_ten_is_as_long_as_in_production() -> None:
    assert sorted(session_s_of(seed) for seed in range(1, 11)) == [2.0] * 4 + [3.0] * 5 + [10.0]


def test_stops_are_told_apart_by_whose_partition_it_was() -> None:
    progress = [Progress(partition, at_ms) for partition in (0, 1, 2) for at_ms in range(0, 10_000, 100)]
    stopped = [each for each in progress if not (each.partition == 0 and 2_000 < each.at_ms < 5_000)]
    shaken = [each for each in stopped if not (each.partition == 1 and 2_000 < each.at_ms < 2_500)]
    moment = Moment(2_100, frozenset({0}), frozenset({1}))

    assert measure(shaken, [moment], 10_000) == Gaps(victim=3.0, survivor=0.5, any=3.0)


def test_a_stop_belongs_to_the_fault_before_it() -> None:
    progress = [Progress(0, at_ms) for at_ms in (0, 1_000, 1_100, 4_000, 4_100)]
    moments = [Moment(50, frozenset({0}), frozenset()), Moment(1_050, frozenset(), frozenset({0}))]

    assert measure(progress, moments, 5_000) == Gaps(victim=1.0, survivor=2.9, any=2.9)


def test_runs_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    run = Run(
        seed=4,
        app="counter",
        faults=["join"],
        session_s=2.0,
        sent=1_000,
        lost=0,
        doubled=0,
        wrong=0,
        gaps_s=Gaps(victim=None, survivor=0.2, any=0.3),
        exits=[],
        sentences=[],
        seconds=12.0,
    )
    append_run(tmp_path / "results" / "runs", run)

    assert read_runs(tmp_path / "results" / "runs") == [run]
    assert read_runs(tmp_path / "none") == []
    assert table_of([run]).row_count == gaps_of([run]).row_count == 1
