"""A worker's views are whole before anyone sees them, follow their topics, and never tell less than they have."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from fleet_app.stream.declarations import GlobalView
from fleet_app.stream.engine.ports import Log, Outgoing
from fleet_app.stream.engine.views import GlobalViews, views_of
from tests.stream.engine.counting import COUNT_WORDS, PARTITIONS
from tests.stream.engine.fake_clock import FakeClock, turn
from tests.stream.engine.fake_kafka import FakeChangelogs, FakeKafka
from tests.stream.engine.looking import NAME_WORDS, NAMES, NAMES_TOPIC, Name, Names, changed, name, names_log, spoil

pytestmark = pytest.mark.anyio

OTHERS: GlobalView[Name, Names] = GlobalView(
    topic=msgspec.structs.replace(NAMES_TOPIC, name="others"), empty={}, changed=changed
)


@pytest.fixture
def kafka() -> FakeKafka:
    return FakeKafka(FakeClock())


@pytest.fixture
def reader(kafka: FakeKafka) -> FakeChangelogs:
    return kafka.changelogs()


@pytest.fixture
def views(kafka: FakeKafka, reader: FakeChangelogs) -> GlobalViews:
    return GlobalViews([NAMES, OTHERS], partitions=PARTITIONS, reader=reader, clock=kafka.clock)


@asynccontextmanager
async def following(views: GlobalViews) -> AsyncIterator[GlobalViews]:
    """Follow the views, once they are loaded."""
    await views.load()
    follow = asyncio.create_task(views.follow())
    try:
        yield views
    finally:
        follow.cancel()
        await asyncio.gather(follow, return_exceptions=True)


def records_of(views: GlobalViews, topic: str) -> int:
    """Return how many records of a topic were read for what is shown."""
    return sum(views.newest.positions[topic])


async def test_a_view_is_read_whole_over_all_partitions(kafka: FakeKafka, views: GlobalViews) -> None:
    for word in "abcab":
        name(kafka, word, f"{word}!"[0] * 2)
    await views.load()

    assert views.now(NAMES) == {"a": "aa", "b": "bb", "c": "cc"}
    assert views.newest.positions == {"names": [2, 3], "others": [0, 0]}


async def test_nothing_is_shown_before_a_view_is_whole(kafka: FakeKafka, views: GlobalViews) -> None:
    kafka.batches_per_fetch = 1
    for _ in range(5):
        name(kafka, "a", "Ann")
    loading = asyncio.create_task(views.load())
    seen = set()
    while not loading.done():
        await asyncio.sleep(0)
        seen.add((views.is_whole(NAMES), records_of(views, "names"), len(views.now(NAMES))))

    assert seen == {(False, 0, 0), (True, 5, 1)}


async def test_a_view_that_nobody_has_written_is_empty_and_whole(views: GlobalViews) -> None:
    await views.load()

    assert (views.now(NAMES), views.newest.positions["names"]) == ({}, [0, 0])


async def test_changes_and_deletions_are_followed(kafka: FakeKafka, views: GlobalViews) -> None:
    name(kafka, "a", "Ann")
    name(kafka, "b", "Bob")
    async with following(views):
        name(kafka, "a", "Amy")
        name(kafka, "b", None)
        await turn()

        assert views.now(NAMES) == {"a": "Amy"}
        assert views.newest.positions["names"] == [2, 2]


async def test_views_of_several_topics_do_not_disturb_each_other(kafka: FakeKafka, views: GlobalViews) -> None:
    async with following(views):
        kafka.put(Log("others", 1), Outgoing(b"a", b'{"name":"Otto"}'))
        name(kafka, "a", "Ann")
        await turn()

        assert (views.now(NAMES), views.now(OTHERS)) == ({"a": "Ann"}, {"a": "Otto"})


async def test_what_is_not_committed_is_not_seen(kafka: FakeKafka, views: GlobalViews) -> None:
    producer = kafka.producer("another-app")
    await producer.fence()
    async with following(views):
        await producer.begin()
        await producer.append(names_log("a"), [Outgoing(b"a", b'{"name":"Ann"}')])
        await turn()
        before = views.now(NAMES)
        await producer.commit()
        await turn()

        assert (before, views.now(NAMES)) == ({}, {"a": "Ann"})
        assert views.newest.positions["names"] == [0, 2]


async def test_a_bad_record_leaves_the_value_before_it(kafka: FakeKafka, views: GlobalViews) -> None:
    name(kafka, "a", "Ann")
    async with following(views):
        spoil(kafka, "a", "{")
        await turn()

        assert (views.now(NAMES), views.reports()[0].refused) == ({"a": "Ann"}, 1)
        assert records_of(views, "names") == 2


async def test_a_compacted_topic_tells_the_same(kafka: FakeKafka, views: GlobalViews) -> None:
    for title in ("Ann", "Amy", "Ada"):
        name(kafka, "a", title)
    name(kafka, "b", "Bob")
    kafka.compact(names_log("a"))
    await views.load()

    assert views.now(NAMES) == {"a": "Ada", "b": "Bob"}


async def test_a_topic_made_anew_is_read_again_from_its_start(
    kafka: FakeKafka, views: GlobalViews, caplog: pytest.LogCaptureFixture
) -> None:
    for word in "aabb":
        name(kafka, word, "old")
    async with following(views):
        kafka.recreate("names")
        name(kafka, "a", "new")
        await turn()

        assert views.now(NAMES) == {"a": "new"}
    assert "names: partition" in caplog.text
    assert "it is read again from its start" in caplog.text


async def test_a_topic_made_anew_that_is_still_empty_is_noticed_too(kafka: FakeKafka, views: GlobalViews) -> None:
    name(kafka, "a", "old")
    async with following(views):
        kafka.recreate("names")
        await turn()

        assert (views.now(NAMES), views.newest.positions["names"]) == ({}, [0, 0])


async def test_a_topic_whose_start_has_moved_past_what_was_read_is_read_again(
    kafka: FakeKafka, views: GlobalViews, reader: FakeChangelogs
) -> None:
    name(kafka, "a", "Ann")
    name(kafka, "c", "Cid")
    async with following(views):
        reader.pause()
        name(kafka, "a", None)
        name(kafka, "c", "Coy")
        kafka.delete_before(names_log("a"), 3)
        reader.resume()
        await turn()

        assert (views.now(NAMES), views.newest.positions["names"]) == ({"c": "Coy"}, [0, 4])


async def test_while_a_view_is_read_again_the_old_copy_counts_and_others_go_on(
    kafka: FakeKafka, views: GlobalViews
) -> None:
    for _ in range(5):
        name(kafka, "a", "old")
    async with following(views):
        kafka.batches_per_fetch = 1
        kafka.recreate("names")
        for number in range(4):
            name(kafka, "a", f"new {number}")
        kafka.put(Log("others", 1), Outgoing(b"a", b'{"name":"Otto"}'))
        seen = []
        while views.now(NAMES) != {"a": "new 3"}:
            await asyncio.sleep(0)
            seen.append(views.now(NAMES).get("a"))
        await turn()

        assert set(seen) == {"old", "new 3"}
        assert views.now(OTHERS) == {"a": "Otto"}


async def test_after_a_minute_of_silence_everything_is_read_again(
    kafka: FakeKafka, views: GlobalViews, reader: FakeChangelogs
) -> None:
    """Another topic may have taken its place meanwhile, and be longer by now."""
    name(kafka, "a", "Ann")
    name(kafka, "c", "Cid")
    async with following(views):
        reader.pause()
        await kafka.clock.advance(61.0)
        kafka.recreate("names")
        for _ in range(2):
            name(kafka, "c", "Cid")
        reader.resume()
        await turn()

        assert views.now(NAMES) == {"c": "Cid"}


async def test_whoever_waits_for_a_position_goes_on_when_it_is_reached(kafka: FakeKafka, views: GlobalViews) -> None:
    async with following(views):
        name(kafka, "a", "Ann")
        waiting = asyncio.create_task(views.reach({"names": [0, 1]}))
        await turn()

        assert waiting.done()
        await views.reach({"names": [0, 1], "a view of another release": [7]})


async def test_whoever_waits_for_a_position_waits_as_long_as_it_takes(
    kafka: FakeKafka, views: GlobalViews, reader: FakeChangelogs
) -> None:
    async with following(views):
        reader.pause()
        name(kafka, "a", "Ann")
        name(kafka, "a", "Amy")
        waiting = asyncio.create_task(views.reach({"names": [0, 2]}))
        await turn()
        before = waiting.done()
        reader.resume()
        await turn()

        assert (before, waiting.done(), views.now(NAMES)) == (False, True, {"a": "Amy"})


async def test_nobody_waits_for_what_a_topic_made_anew_does_not_hold(
    kafka: FakeKafka, views: GlobalViews, caplog: pytest.LogCaptureFixture
) -> None:
    name(kafka, "a", "Ann")
    async with following(views):
        await views.reach({"names": [0, 9]})

    assert "names partition 1 ends at offset 1, and was read up to 9 before: it has been made anew" in caplog.text


async def test_whoever_waits_while_the_topic_is_made_anew_goes_on_too(
    kafka: FakeKafka, views: GlobalViews, reader: FakeChangelogs, caplog: pytest.LogCaptureFixture
) -> None:
    name(kafka, "a", "Ann")
    async with following(views):
        reader.pause()
        name(kafka, "a", "Amy")
        with caplog.at_level(logging.WARNING):
            waiting = asyncio.create_task(views.reach({"names": [0, 2]}))
            await turn()
            kafka.recreate("names")
            reader.resume()
            await turn()

        assert waiting.done()


async def test_reports_begin_when_kafka_has_told_where_the_topics_end(kafka: FakeKafka, views: GlobalViews) -> None:
    before = views.reports()
    name(kafka, "a", "Ann")
    async with following(views):
        await turn()
        kafka.gate.close()
        await kafka.clock.advance(7.0)

        assert before == []
        assert [(each.topic, each.keys, each.lag, each.told_age_s) for each in views.reports()] == [
            ("names", 1, 0, 7.0),
            ("others", 0, 0, 7.0),
        ]
        assert views.now(NAMES) == {"a": "Ann"}
        kafka.gate.open()


async def test_a_view_that_no_agent_looks_at_cannot_be_read(kafka: FakeKafka) -> None:
    views = GlobalViews([NAMES], partitions=PARTITIONS, reader=kafka.changelogs(), clock=kafka.clock)

    with pytest.raises(LookupError, match="topic others is read by no worker; name its view in `looks_at`"):
        views.now(OTHERS)


async def test_without_views_nothing_is_read(kafka: FakeKafka) -> None:
    views = GlobalViews([], partitions=PARTITIONS, reader=kafka.changelogs(), clock=kafka.clock)
    await views.load()
    await views.follow()

    assert (kafka.faults.calls.total(), views.reports()) == (0, [])


def test_a_view_that_several_agents_look_at_is_one() -> None:
    other = msgspec.structs.replace(NAME_WORDS, name="other", looks_at=(NAMES, OTHERS))

    assert views_of([COUNT_WORDS, NAME_WORDS, other]) == (NAMES, OTHERS)
