"""The tables of running tasks can be read while they go on."""

import pytest

from fleet_app.stream.engine.local_tables import RunningTables
from fleet_app.stream.reads import PartitionSize
from tests.stream.engine.counting import INITIALS, QUIET, SEEN, TOTALS, Total
from tests.stream.engine.fake_clock import FakeClock
from tests.stream.engine.fake_kafka import FakeKafka
from tests.stream.engine.world import Worker, say

pytestmark = pytest.mark.anyio


async def running(*words: str, partitions: tuple[int, ...] = (0, 1)) -> tuple[RunningTables, Worker]:
    """Return the tables of a worker that has committed these words."""
    kafka = FakeKafka(FakeClock())
    for word in words:
        say(kafka, word)
    worker = await Worker(kafka).start(*partitions)
    await worker.drain()
    return RunningTables(worker.tasks), worker


async def test_every_table_of_the_application_is_declared() -> None:
    tables, _ = await running()

    assert tables.declared() == (TOTALS, SEEN, QUIET, INITIALS)


async def test_by_key_and_by_row_what_was_handled_is_read_before_it_is_committed() -> None:
    tables, worker = await running("a")
    say(worker.kafka, "a")
    await worker.poll()

    assert tables.get(TOTALS, "a") == Total(2)
    assert tables.get(SEEN, ("a", 2)) == Total(2)
    assert tables.rows(SEEN, "a", 1, 3) == [(1, Total(1)), (2, Total(2))]


async def test_lists_and_sizes_show_what_is_committed() -> None:
    tables, worker = await running("a")
    say(worker.kafka, "a")
    say(worker.kafka, "c")
    await worker.poll()

    assert await tables.scan(TOTALS, after=None, limit=9) == [(b"a", Total(1))]
    assert tables.sizes(TOTALS) == [
        PartitionSize(partition=0, keys=0, bytes=0),
        PartitionSize(partition=1, keys=1, bytes=len(b"a" + TOTALS.encode(Total(1)))),
    ]


async def test_a_key_whose_task_runs_elsewhere_is_not_found_here() -> None:
    tables, _ = await running("a", "b", partitions=(1,))

    assert (tables.get(TOTALS, "a"), tables.get(TOTALS, "b"), tables.rows(SEEN, "b", 0, 9)) == (Total(1), None, [])


async def test_a_task_is_read_until_the_group_has_shared_anew() -> None:
    tables, worker = await running("a")
    worker.tasks.suspend()

    assert tables.get(TOTALS, "a") is not None


async def test_nothing_is_read_of_a_task_that_was_taken_away() -> None:
    tables, worker = await running("a")
    await worker.tasks.assign(frozenset(), frozenset(), 2)

    assert (tables.get(TOTALS, "a"), await tables.scan(TOTALS, after=None, limit=9), tables.sizes(TOTALS)) == (
        None,
        [],
        [],
    )


WORDS = [f"{letter}{number:03}" for letter in "ab" for number in range(120)]


async def test_a_scan_merges_all_partitions_in_the_order_of_their_keys() -> None:
    tables, _ = await running(*WORDS)
    entries = await tables.scan(TOTALS, after=None, limit=1_000)

    assert [key.decode() for key, _ in entries] == WORDS


@pytest.mark.parametrize("limit", [1, 64, 65, 130])
async def test_a_scan_is_read_on_page_by_page(limit: int) -> None:
    tables, _ = await running(*WORDS)
    found: list[str] = []
    after = None
    while page := await tables.scan(TOTALS, after=after, limit=limit):
        found += [key.decode() for key, _ in page]
        after = page[-1][0]

    assert found == WORDS


async def test_a_scan_shows_nothing_deleted() -> None:
    tables, worker = await running("a", "c")
    say(worker.kafka, "a", "forget")
    await worker.drain()

    assert await tables.scan(TOTALS, after=None, limit=9) == [(b"c", Total(1))]
