import msgspec

from fleet_app.bench.in_memory import InMemoryTask, RowValues
from fleet_app.stream.declarations import (
    Agent,
    AgentTask,
    Cleanup,
    DeadLetters,
    FailedRecord,
    GlobalView,
    Handler,
    PlainRecord,
    Record,
    Table,
    Topic,
    Undecodable,
    timers_table,
)
from fleet_app.stream.keys import ROWS, RowKey


class Word(msgspec.Struct, frozen=True, array_like=True):
    text: str


def topic(name: str, cleanup: Cleanup) -> Topic:
    return Topic(
        name=name, key="a word", value=Word, cleanup=cleanup, retention_s=None, written_by="tests", read_by="tests"
    )


IN, OUT, BAD = (topic(name, Cleanup.DELETE) for name in ("in", "out", "bad"))
NOW = topic("now", Cleanup.COMPACT)
WORDS: Table[RowKey, Word] = Table(
    name="words",
    key="a word and a number",
    keys=ROWS,
    value=Word,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Word).decode},
    written_by="keep_words",
)
TIMERS = timers_table("timers", key="a word", written_by="keep_words")


def keep_words(task: AgentTask) -> Handler:
    """Keep each word under its time, tell it at once, and tell it again a second later."""
    words = task.rows(WORDS)
    timers = task.timers(TIMERS, lambda key, now_ms: task.send(OUT, key, Word(f"{key} at {now_ms}")))

    def handle(record: Record) -> None:
        word = (record.value or b"").decode()
        if not word:
            raise Undecodable("no word")
        words[word, record.timestamp] = Word(word)
        words.expire(word, record.timestamp - 1_000)
        timers.arm(word, record.timestamp + 1_000)
        task.send(NOW, word, Word(word))

    return handle


def bury(failed: FailedRecord) -> tuple[str, Word]:
    return "", Word(failed.detail)


AGENT = Agent(
    name="keep_words",
    reads=IN,
    owns=(WORDS, TIMERS),
    sends=(OUT, NOW),
    dead_letters=DeadLetters(topic=BAD, write=bury),
    bind=keep_words,
)


def handled(*records: tuple[int, bytes]) -> InMemoryTask:
    task = InMemoryTask(AGENT)
    for time_ms, value in records:
        task.handle([PlainRecord(0, time_ms, b"", value)])
    return task


def test_a_row_is_found_by_range_until_it_expires() -> None:
    words = handled((0, b"van"), (900, b"van"), (1_500, b"van")).tables["words"]

    assert isinstance(words, RowValues)
    assert words.rows("van", 0, 2_000) == [(900, Word("van")), (1_500, Word("van"))]
    assert words.rows("van", 0, 1_500) == [(900, Word("van"))]
    assert words.rows("car", 0, 2_000) == []


def test_a_timer_goes_off_with_the_first_record_that_is_late_enough() -> None:
    assert handled((0, b"van"), (999, b"car")).sent["out"] == 0
    assert handled((0, b"van"), (1_000, b"car")).sent["out"] == 1


def test_what_is_compacted_is_sent_once_per_commit() -> None:
    task = handled((0, b"van"), (1, b"van"), (2, b"car"))
    task.commit()
    task.commit()

    assert task.sent["now"] == 2
    assert task.output_bytes == len('van["van"]') + len('car["car"]')


def test_what_has_changed_is_stored_once_per_commit() -> None:
    task = handled((0, b"van"))
    task.commit()
    once = task.stored_bytes
    task.commit()

    assert once > len(ROWS.encode(("van", 0))) + len(WORDS.encode(Word("van")))
    assert task.stored_bytes == once


def test_a_record_that_cannot_be_read_is_a_dead_letter() -> None:
    assert handled((0, b"")).sent["bad"] == 1


def test_a_view_stays_as_it_is_before_anything_is_known() -> None:
    view: GlobalView[Word, tuple[str, ...]] = GlobalView(
        topic=NOW, empty=("nothing",), changed=lambda before, _: before
    )

    assert InMemoryTask(AGENT).view(view).now == ("nothing",)
