"""A copy of a view is what its records come to, a few at a time; what cannot be read is passed over and counted."""

import logging
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.metrics import VIEW_RECORDS_REFUSED
from fleet_app.stream.declarations import GlobalView, PlainRecord
from fleet_app.stream.engine.ports import Bounds, Fetched, Log, LogEnd
from fleet_app.stream.engine.view_copy import MOST_AT_ONCE, ViewCopy
from tests.stream.engine.fake_clock import FakeClock
from tests.stream.engine.fake_kafka import FakeBatch
from tests.stream.engine.looking import NAMES, NAMES_TOPIC, Name, Names, changed

LOG = Log(NAMES_TOPIC.name, 0)
OTHER = Log(NAMES_TOPIC.name, 1)
Change = tuple[str, str | None]


def copy_of(end: int = 0, clock: FakeClock | None = None, view: GlobalView[Name, Names] = NAMES) -> ViewCopy:
    return ViewCopy(view, {LOG: Bounds(0, end), OTHER: Bounds(0, 0)}, clock or FakeClock())


def batch(*changes: tuple[str | bytes | None, str | None], offset: int = 0) -> FakeBatch:
    """Return a batch of raw values."""
    records = tuple(
        PlainRecord(number, 0, key.encode() if isinstance(key, str) else key, None if value is None else value.encode())
        for number, (key, value) in enumerate(changes, offset)
    )
    return FakeBatch(offset, offset + len(changes), records)


def named(name: str) -> str:
    return f'{{"name":"{name}"}}'


def take(copy: ViewCopy, *batches: FakeBatch, start: int = 0, end: int | None = None) -> int:
    """Apply batches; return in how many steps."""
    return len(list(copy.take(Fetched(LOG, start, batches[-1].next_offset if end is None else end, batches))))


class Steps:
    """A view that notes how many keys it is given at once, and takes its time over each."""

    def __init__(self, clock: FakeClock, s_per_key: float) -> None:
        self.sizes: list[int] = []
        self._clock = clock
        self._s_per_key = s_per_key
        self.view: GlobalView[Name, Names] = GlobalView(topic=NAMES_TOPIC, empty={}, changed=self._changed)

    def _changed(self, names: Names, changes: Mapping[str, Name | None]) -> Names:
        self.sizes.append(len(changes))
        self._clock._now_s += self._s_per_key * len(changes)
        return changed(names, changes)


def test_the_newest_value_of_each_key_counts_and_none_deletes() -> None:
    copy = copy_of()
    take(copy, batch(("a", named("Ann")), ("b", named("Bob")), ("a", named("Amy")), ("b", None)))

    assert (copy.snapshot, copy.positions[LOG]) == ({"a": "Amy"}, 4)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.sampled_from(["Ann", "Bob"])), min_size=1, max_size=99)
)
def test_whatever_the_steps_a_copy_is_what_its_records_come_to(changes: Sequence[Change]) -> None:
    raw = [(key, None if name is None else named(name)) for key, name in changes]
    one_by_one, at_once = copy_of(), copy_of()
    for number, change in enumerate(raw):
        take(one_by_one, batch(change, offset=number), start=number)
    take(at_once, batch(*raw))

    expected = {key: name for key, name in dict(changes).items() if name is not None}
    assert one_by_one.snapshot == at_once.snapshot == expected


def test_a_snapshot_that_was_given_out_stays_as_it_was() -> None:
    copy = copy_of()
    take(copy, batch(("a", named("Ann"))))
    before = copy.snapshot
    take(copy, batch(("a", named("Amy")), offset=1), start=1)

    assert (before, copy.snapshot) == ({"a": "Ann"}, {"a": "Amy"})


def test_snapshot_and_position_change_in_the_same_step() -> None:
    copy = copy_of()
    words = [f"{number}" for number in range(2 * MOST_AT_ONCE + 1)]
    fetched = Fetched(LOG, 0, 100, [batch(*((word, named("x")) for word in words))])
    seen = [(len(copy.snapshot), copy.positions[LOG]) for _ in copy.take(fetched)]

    assert seen == [
        (MOST_AT_ONCE, MOST_AT_ONCE),
        (2 * MOST_AT_ONCE, 2 * MOST_AT_ONCE),
        (len(words), len(words)),
        (len(words), 100),
    ]


def test_ten_thousand_keys_are_applied_in_small_steps_however_they_were_batched() -> None:
    clock = FakeClock()
    steps = Steps(clock, 0.0)
    copy = copy_of(view=steps.view)
    singles = [batch((f"{number}", named("x")), offset=number) for number in range(5_000)]
    many = batch(*((f"{number}", named("x")) for number in range(5_000, 10_000)), offset=5_000)
    take(copy, *singles, many)

    assert (len(copy.snapshot), max(steps.sizes), len(steps.sizes)) == (
        10_000,
        MOST_AT_ONCE,
        -(-10_000 // MOST_AT_ONCE),
    )


def test_steps_that_take_long_become_smaller_and_larger_again() -> None:
    clock = FakeClock()
    steps = Steps(clock, 0.002)
    copy = copy_of(clock=clock, view=steps.view)
    take(copy, batch(*((f"{number}", named("x")) for number in range(200))))
    slow = steps.sizes[-2]
    steps._s_per_key = 0.0
    take(copy, batch(*((f"{number}", named("y")) for number in range(200)), offset=200), start=200)

    assert (slow, max(steps.sizes[-5:])) == (2, MOST_AT_ONCE)


@pytest.mark.parametrize(
    "bad",
    [
        ("a", "{"),
        ("a", "{}"),
        ("a", '{"name":7}'),
        ("a", named("!")),
        ("a", "[" * 100_000),
        (None, named("Bob")),
        (b"\xff", named("Bob")),
    ],
    ids=["no JSON", "a field is missing", "a wrong type", "cannot be applied", "too deep", "no key", "no UTF-8"],
)
def test_what_cannot_be_read_changes_nothing_and_is_counted(
    bad: tuple[str | bytes | None, str], caplog: pytest.LogCaptureFixture
) -> None:
    copy = copy_of()
    counted = VIEW_RECORDS_REFUSED.labels(NAMES_TOPIC.name)._value.get()
    with caplog.at_level(logging.ERROR):
        take(copy, batch(("a", named("Ann")), bad, ("b", named("Bob"))))

    assert (copy.snapshot, copy.positions[LOG]) == ({"a": "Ann", "b": "Bob"}, 3)
    assert (copy.report().refused, copy.report().keys) == (1, 2)
    assert VIEW_RECORDS_REFUSED.labels(NAMES_TOPIC.name)._value.get() == counted + 1
    assert "names partition 0: 1 records from offset 1 on cannot be read and are passed over" in caplog.text


def test_many_bad_records_make_one_line_of_log_for_each_step(caplog: pytest.LogCaptureFixture) -> None:
    copy = copy_of()
    take(copy, batch(*[("a", "{")] * (2 * MOST_AT_ONCE)))

    assert (copy.report().refused, len(caplog.records)) == (2 * MOST_AT_ONCE, 2)


def test_records_before_the_fetch_position_are_not_meant() -> None:
    copy = copy_of()
    take(copy, batch(("a", named("Ann"))))
    take(copy, batch(("a", named("Amy")), ("b", named("Bob"))), start=1)

    assert copy.snapshot == {"a": "Ann", "b": "Bob"}


def test_gaps_that_compaction_leaves_are_normal() -> None:
    copy = copy_of(end=9)
    before = copy.is_whole()
    take(copy, batch(("a", named("Ann")), offset=5), end=9)

    assert (before, copy.is_whole(), copy.snapshot, copy.positions[LOG]) == (False, True, {"a": "Ann"}, 9)


def test_a_fetch_that_does_not_follow_on_is_not_for_it() -> None:
    copy = copy_of()
    take(copy, batch(("a", named("Ann"))))

    assert copy.why_not_to_follow_on(Fetched(LOG, 1, 2, [])) is None
    assert copy.why_not_to_follow_on(Fetched(LOG, 0, 2, [])) == "partition 0 was read up to offset 1, and 0 came next"
    assert copy.why_not_to_follow_on(Fetched(LOG, 5, 6, [])) == "partition 0 was read up to offset 1, and 5 came next"


def test_a_log_that_ends_before_what_was_read_is_another_one() -> None:
    copy = copy_of()
    take(copy, batch(("a", named("Ann"))))

    assert copy.hear(LOG, LogEnd(1, 0.1)) is None
    assert copy.hear(LOG, LogEnd(0, 0.2)) == "partition 0 was read up to offset 1, and ends at 0"


def test_after_a_long_silence_a_copy_is_not_to_be_trusted() -> None:
    clock = FakeClock()
    copy = copy_of(clock=clock)
    clock._now_s = 60.0
    soon = copy.hear(LOG, LogEnd(0, 60.0))
    clock._now_s = 121.0

    assert (soon, copy.hear(LOG, LogEnd(0, 60.0))) == (None, None)
    assert copy.hear(LOG, LogEnd(0, 121.0)) == "nothing was heard of partition 0 for 61 s"


def test_it_tells_how_far_it_is_and_how_old_that_may_be() -> None:
    clock = FakeClock()
    copy = copy_of(end=3, clock=clock)
    take(copy, batch(("a", named("Ann"))))
    clock._now_s = 5.0
    copy.hear(LOG, LogEnd(7, 4.5))
    first = copy.report()
    copy.hear(OTHER, LogEnd(2, 4.0))
    second = copy.report()

    assert (first.topic, first.keys, first.lag, first.told_age_s) == ("names", 1, 6, 5.0)
    assert (second.lag, second.told_age_s) == (8, 1.0)
