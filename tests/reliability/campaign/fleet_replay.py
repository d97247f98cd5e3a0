"""What the fleet's own agent comes to without an engine, compared with what it has left behind in Kafka, byte by byte.

The agent's handler runs once more, with dicts for its tables and no faults, over the steps that it has written down:
the positions of a partition in their order, the timers when they went off, and the views that were in force. Which ones
those were is taken from the markers in the changelog and from the views' topics, by hand; that the agent saw nothing
else in between is what each step tells. Every table and every output must then be the same, in the same order.

It shares the agent's code, and so does not see a fault of its rules: the plain oracle and the tests of the domain do.
It sees any row, timer, view, event or byte that the engine loses, doubles, mixes up, or takes at another moment.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from fleet_app.app import create_agents
from fleet_app.settings import Settings
from fleet_app.stream.declarations import Agent, Cleanup, Due, GlobalView, OnDue, PlainRecord, Table
from fleet_app.stream.keys import ROWS
from tests.agents.fakes import FakeTask, FakeTimers
from tests.reliability.campaign.evidence import MARKER, Evidence, Seen, fold
from tests.reliability.campaign.findings import Findings
from tests.reliability.campaign.fleet_tape import PARTITIONS, POSITIONS, home_of
from tests.reliability.campaign.steps import STEPS, Step, checksum

SETTINGS: Final[Mapping[str, str]] = {"max_age_s": "off", "timezone": "UTC", "vehicle_ttl_d": "off"}
"""The tape's times are years ago, and end in a leap to today."""

Positions = dict[str, list[int]]
"""How far views were read: the next offset of each partition, by topic."""
Told = tuple[bytes, bytes | None]
"""A record of an output: its key and value."""
Say = Callable[[str], None]

_UNREADABLE: Final = "rejected unread"
_encode: Final = msgspec.json.Encoder().encode


class Interval(NamedTuple):
    """From one commit's cut to the next.

    Attributes:
        steps: What was done.
        source: The next offset of the source afterwards.
        views: How far the views in force were read.
    """

    steps: list[Step]
    source: int
    views: Positions


def intervals(changelog: Iterable[Seen], partition: int) -> Iterator[Interval]:
    """Yield what a task did from commit to commit, by the changelog of its steps."""
    steps: list[Step] = []
    for record in changelog:
        if record.partition != partition:
            continue
        if record.key == MARKER:
            positions, _, _, _, views = msgspec.msgpack.decode(record.value or b"")
            yield Interval(steps, positions[POSITIONS], views)
            steps = []
        else:
            steps.append(STEPS.decode(record.value or b""))


def check_against_replay(evidence: Evidence, findings: Findings) -> None:
    """Compare every table and output with a replay."""
    agent = tracking_agent()
    for partition in range(PARTITIONS):
        replay = Replay(agent, partition, evidence, findings)
        for interval in intervals(evidence.changelogs[STEPS.name], partition):
            replay.run(interval)
        replay.check_views_in_the_end()
        replay.check_tables()
        replay.check_outputs()


def tracking_agent() -> Agent:
    """Return the agent that tracks positions, with the settings of the campaign."""
    (agent,) = (agent for agent in create_agents(fleet_settings()) if agent.reads.name == POSITIONS)
    return agent


def fleet_settings() -> Settings:
    """Return the settings of the campaign."""
    settings: dict[str, Any] = {**SETTINGS}
    return Settings.load(**settings)


class _Timers(FakeTimers):
    """Timers that go off one by one, when they are told to."""

    def go_off_by_itself(self, key: str, now_ms: int) -> None:
        del self._state[key]
        self._went_off_ms = now_ms
        self._on_due(key, now_ms)


class _Task(FakeTask):
    """A task in a partition of its own."""

    def __init__(self, agent: Agent, partition: int) -> None:
        self.partition = partition
        super().__init__(agent)

    def timers(self, table: Table[str, Due], on_due: OnDue) -> FakeTimers:
        timers = _Timers(self.contents[table.name], on_due)
        self.alarm = timers
        return timers

    def is_home(self, key: str) -> bool:
        return home_of(key.encode()) == self.partition


class Replay:
    """The agent in one partition, with the views that the markers tell."""

    def __init__(self, agent: Agent, partition: int, evidence: Evidence, findings: Findings) -> None:
        self._agent, self._partition, self._evidence, self._findings = agent, partition, evidence, findings
        self._task = _Task(agent, partition)
        self._positions = [record for record in evidence.topics[POSITIONS] if record.partition == partition]
        self._handled = 0
        self._views = [_ShownView(view, evidence.topics[view.topic.name]) for view in agent.looks_at]
        self._told: dict[str, list[Told]] = defaultdict(list)
        self._unreadable: set[int] = set()

    def run(self, interval: Interval) -> None:
        """Do what was done between two commits."""
        for view in self._views:
            if view.show(interval.views[view.topic], self._task, self._say):
                self._findings.looked_at[f"switches of {view.topic}"] += 1
        self._findings.looked_at["commits"] += 1
        in_force = tuple(view.checksum for view in self._views)
        for step in interval.steps:
            if step.views != in_force:
                self._say(f"{step} was done under other views than those at {interval.views}, {in_force}")
            self._take(step)
        self._pass_over(interval.source)
        self._flush()

    def _say(self, sentence: str) -> None:
        self._findings.note_wrong(f"task {self._partition}: {sentence}")

    def _take(self, step: Step) -> None:
        if step.timer is not None:
            self._go_off(step.timer, step.number)
            return
        self._pass_over(step.number)
        record = self._next()
        if record is None or record.offset != step.number:
            self._findings.note_doubled(f"task {self._partition}: handled {step.number} again: {record} is the next")
        else:
            self._receive(record)

    def _go_off(self, key: str, now_ms: int) -> None:
        self._findings.looked_at["timers"] += 1
        if key in self._task.contents["vehicle_timers"]:
            self._task.alarm.go_off_by_itself(key, now_ms)
        else:
            self._say(f"the timer of {key} went off at {now_ms}, and was not armed")

    def _pass_over(self, until: int) -> None:
        """Handle what has left no step up to an offset: what cannot be read, whatever is known and seen."""
        sent = self._task.sent
        while (record := self._next()) is not None and record.offset < until:
            before = len(sent)
            self._receive(record)
            made = sent[before:]
            if [topic for topic, _, _ in made] == [self._agent.dead_letters.topic]:
                self._told[_UNREADABLE] += [(key.encode(), _encode(letter)) for _, key, letter in made]
                self._unreadable.add(record.offset)
                del sent[before:]
            else:
                self._findings.note_lost(f"task {self._partition}: {record} was not handled; it makes {made}")

    def _next(self) -> Seen | None:
        return self._positions[self._handled] if self._handled < len(self._positions) else None

    def _receive(self, seen: Seen) -> None:
        self._handled += 1
        headers: Sequence[tuple[str, bytes | None]] = seen.headers
        self._task.receive(PlainRecord(seen.offset, seen.timestamp_ms, seen.key, seen.value, (*headers,)))

    def _flush(self) -> None:
        """Tell what a commit tells: of compacted topics each key's newest."""
        newest: dict[str, dict[bytes, bytes | None]] = defaultdict(dict)
        for topic, key, value in self._task.sent:
            encoded = None if value is None else _encode(value)
            if topic.cleanup is Cleanup.COMPACT:
                newest[topic.name][key.encode()] = encoded
            else:
                self._told[topic.name].append((key.encode(), encoded))
        for name, values in newest.items():
            self._told[name] += values.items()
        self._task.sent.clear()

    def check_views_in_the_end(self) -> None:
        """See that the task has come to the end of every view."""
        for view in self._views:
            view.check_end(self._say)

    def check_tables(self) -> None:
        """Compare every table."""
        for table in self._agent.owns:
            wanted = self._task.contents[table.name]
            rows = fold(self._evidence.changelogs[table.name]).get(self._partition, {})
            found = {table.keys.decode(key): table.decode(value) for key, value in rows.items()}
            # What has expired leaves the changelog by age, and some day.
            before: dict[str, int] = dict(wanted.expired) if table.keys is ROWS else {}
            kept = {key: value for key, value in found.items() if key in wanted or not _has_expired(key, before)}
            self._findings.compare_values(f"{table.name}[{self._partition}], as replayed", wanted, kept)

    def check_outputs(self) -> None:
        """Compare every output, in order; what could not be read may stand anywhere among what else was refused."""
        found: dict[str, list[Seen]] = {topic.name: [] for topic in self._agent.sends}
        for topic in found:
            found[topic] = [record for record in self._evidence.topics[topic] if record.partition == self._partition]
        letters = self._evidence.topics[self._agent.dead_letters.topic.name]
        mine = [(record, row["offset"]) for record in letters if self._is_mine(row := record.json())]
        found[_UNREADABLE] = [record for record, offset in mine if offset in self._unreadable]
        found[self._agent.dead_letters.topic.name] = [
            record for record, offset in mine if offset not in self._unreadable
        ]
        for topic, records in found.items():
            for partition in range(PARTITIONS):
                wanted = [told for told in self._told[topic] if home_of(told[0]) == partition]
                there = [(record.key or b"", record.value) for record in records if record.partition == partition]
                self._compare(f"{topic}[{partition}], told by task {self._partition}", wanted, there)

    def _is_mine(self, rejected: Mapping[str, Any]) -> bool:
        return bool((rejected["topic"], rejected["partition"]) == (POSITIONS, self._partition))

    def _compare(self, what: str, wanted: list[Told], found: list[Told]) -> None:
        if wanted == found:
            return
        self._findings.compare_once(what, wanted, found)
        place = next((place for place, (one, other) in enumerate(zip(wanted, found, strict=False)) if one != other), 0)
        self._findings.note_wrong(f"{what}: at place {place} {found[place:][:1]}, should be {wanted[place:][:1]}")


def _has_expired(key: Any, before: Mapping[str, int]) -> bool:  # noqa: ANN401 - a table's
    return bool(before) and key[0] in before and key[1] < before[key[0]]


class _ShownView:
    """A view, as its topic had it up to some offsets."""

    def __init__(self, view: GlobalView[Any, Any], records: Iterable[Seen]) -> None:
        self.topic = view.topic.name
        self._view = view
        self._logs: dict[int, list[Seen]] = defaultdict(list)
        for record in records:
            self._logs[record.partition].append(record)
        self._read = [0] * PARTITIONS
        self._values: dict[str, bytes] = {}
        self._decode = msgspec.json.Decoder(view.topic.value).decode

    @property
    def checksum(self) -> int:
        """That of what it holds."""
        return checksum(self._values[key] for key in sorted(self._values))

    def show(self, positions: Sequence[int], task: FakeTask, say: Say) -> bool:
        """Read on up to offsets, and let a task see what there is then; return whether that is anything new."""
        changes: dict[str, bytes | None] = {}
        for partition, (before, until) in enumerate(zip(self._read, positions, strict=True)):
            if until < before:
                say(f"the view of {self.topic} went back in partition {partition}, from {before} to {until}")
            for record in self._logs[partition]:
                if before <= record.offset < until:
                    changes[(record.key or b"").decode()] = record.value
        self._read = list(map(max, self._read, positions))
        for key, value in changes.items():
            if value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = value
        if changes:
            decoded = {key: None if value is None else self._decode(value) for key, value in changes.items()}
            task.show(self._view, decoded)
        return bool(changes)

    def check_end(self, say: Say) -> None:
        """See that nothing is left to read."""
        for partition, records in self._logs.items():
            for record in records[-1:]:
                if record.offset >= self._read[partition]:
                    say(f"the view of {self.topic} stands at {self._read} in the end, before {record}")
