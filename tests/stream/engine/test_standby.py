"""A standby's copy follows its owner, and taking over means reading only the last moment."""

import pytest

from fleet_app.stream.engine.catch_up import ChangelogHoleError
from fleet_app.stream.reads import Duty, TaskState
from tests.stream.engine.counting import TOTALS
from tests.stream.engine.fake_clock import FakeClock, turn
from tests.stream.engine.fake_kafka import FakeKafka, outgoing
from tests.stream.engine.fake_stores import FakeStores
from tests.stream.engine.world import Worker, changelog, copied, counted, say, until

pytestmark = pytest.mark.anyio


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka(FakeClock())


def on_disk(stores: FakeStores, partition: int) -> dict[str, int]:
    """Return the words in a partition's store."""
    entries = stores._open[partition].scan(TOTALS.name, b"", None, 99)
    return {key.decode(): TOTALS.decode(value).seen for key, value in entries}


async def test_a_standby_follows_what_its_owner_commits(kafka: FakeKafka) -> None:
    owner, standby = await Worker(kafka).start(0, 1), await Worker(kafka).start(standby=(1,))
    say(kafka, "a")
    await owner.drain()
    first = on_disk(standby.stores, 1)
    say(kafka, "a")
    say(kafka, "c")
    await owner.drain()

    assert (first, on_disk(standby.stores, 1)) == ({"a": 1}, {"a": 2, "c": 1})


async def test_a_standby_sees_nothing_of_a_commit_under_way(kafka: FakeKafka) -> None:
    owner, standby = await Worker(kafka).start(0, 1), await Worker(kafka).start(standby=(1,))
    say(kafka, "a")
    await owner.poll()
    kafka.faults.fail("send_positions")
    await kafka.clock.advance(1.0)

    assert (len(owner.failures), on_disk(standby.stores, 1), standby.failures) == (1, {}, [])


async def test_a_standby_takes_over_and_reads_only_what_it_has_not_seen(kafka: FakeKafka) -> None:
    owner, standby = await Worker(kafka).start(0, 1), await Worker(kafka).start(standby=(0, 1))
    for word in "aaac":
        say(kafka, word)
        await owner.drain()
    await owner.crash()
    await turn()
    await standby.share(0, 1)
    await until(standby.tasks.all_run)
    read = standby.report(1).restore.total
    say(kafka, "a")
    await standby.drain()

    assert (read, counted(kafka), set(copied(kafka).values())) == (0, {"a": 4, "c": 1}, {1})


async def test_an_owner_becomes_a_standby_and_owner_again_without_reading_anything_stale(kafka: FakeKafka) -> None:
    first, second = await Worker(kafka).start(0, 1), await Worker(kafka).start()
    for _ in range(3):
        say(kafka, "a")
        await first.drain()
        await first.share(standby=(0, 1))
        await second.share(0, 1)
        await turn()
        say(kafka, "a")
        await second.drain()
        await second.share(standby=(0, 1))
        await first.share(0, 1)
        await turn()

    assert (counted(kafka), first.failures, second.failures) == ({"a": 6}, [], [])
    assert (first.stores.set_aside_for, second.stores.set_aside_for, set(copied(kafka).values())) == ([], [], {1})


async def test_a_standby_is_told_apart_and_says_when_it_has_caught_up(kafka: FakeKafka) -> None:
    owner = await Worker(kafka).start(0, 1)
    for _ in range(8):
        say(kafka, "a")
        await owner.drain()
    kafka.batches_per_fetch = 1
    standby = Worker(kafka)
    await standby.begin()
    await standby.share(standby=(1,))
    await until(lambda: standby.report(1).restore.done > 0)
    early = standby.report(1)
    await until(lambda: standby.report(1).state is TaskState.RUNNING)
    late = standby.report(1)

    assert (early.duty, early.state, early.sources, early.time_ms) == (Duty.STANDBY, TaskState.RESTORING, [], None)
    assert late.restore.done == late.restore.total
    assert standby.tasks.running() == frozenset()


async def test_a_standbys_copy_survives_a_restart_once_it_has_caught_up(kafka: FakeKafka) -> None:
    owner, standby = await Worker(kafka).start(0, 1), await Worker(kafka).start(standby=(1,))
    say(kafka, "a")
    await owner.drain()
    await standby.tasks.stop()
    again = await Worker(kafka, stores=standby.stores).start(standby=(1,))

    assert (on_disk(again.stores, 1), again.stores.set_aside_for) == ({"a": 1}, [])
    assert again.report(1).restore.total <= 4


async def test_a_standby_that_was_left_behind_by_retention_begins_anew(kafka: FakeKafka) -> None:
    owner, standby = await Worker(kafka).start(0, 1), await Worker(kafka).start(standby=(1,))
    say(kafka, "a")
    await owner.drain()
    await standby.tasks.stop()
    for _ in range(2):
        say(kafka, "a")
        await owner.drain()
    log = changelog(TOTALS, 1)
    kafka.delete_before(log, max(record.offset for record in kafka.records(log) if record.key == b"a"))
    again = await Worker(kafka, stores=standby.stores).start(standby=(1,))
    await until(lambda: again.report(1).state is TaskState.RUNNING)

    assert (on_disk(again.stores, 1), len(again.stores.set_aside_for)) == ({"a": 3}, 1)


async def test_a_standby_from_which_records_are_taken_ends_its_worker(kafka: FakeKafka) -> None:
    owner, standby = await Worker(kafka).start(0, 1), await Worker(kafka).start(standby=(1,))
    say(kafka, "a")
    await owner.drain()
    kafka.gate.close()
    log = changelog(TOTALS, 1)
    kafka.put(log, outgoing("a", "\x01"), outgoing("c", "\x01"))
    kafka.delete_before(log, kafka.log(log).end - 1)
    kafka.gate.open()
    await turn()

    assert [type(failure) for failure in standby.failures] == [ChangelogHoleError]
