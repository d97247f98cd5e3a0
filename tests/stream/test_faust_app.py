"""What declarations become: topics to make, settings of Faust, agents that touch only what is theirs."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mode import Service

from fleet_app.errors import StateError
from fleet_app.stream.declarations import Agent, Handler, Record, Task
from fleet_app.stream.faust_app import StreamApp, _record
from tests.stream.small_app import (
    CHANGELOG,
    COPIES,
    COUNT_WORDS,
    LINES,
    PARTITIONS,
    TOTALS,
    Line,
    count_words,
    make_app,
    table,
)


def do_nothing(_task: Task) -> Handler:
    return lambda _record: None


@pytest.fixture
def app(tmp_path: Path) -> StreamApp:
    return make_app(tmp_path)


def test_the_app_needs_the_topics_of_its_agents_and_a_changelog_per_table(app: StreamApp) -> None:
    plans = app.topic_plans()

    assert [plan.name for plan in plans] == [LINES.name, COPIES.name, CHANGELOG]
    assert {plan.partitions for plan in plans} == {PARTITIONS}
    assert plans[-1].config["cleanup.policy"] == "compact"


def test_a_topic_that_two_agents_name_is_needed_once(tmp_path: Path) -> None:
    second = Agent(name="second", reads=COPIES, owns=(), sends=(LINES,), bind=do_nothing)
    app = make_app(tmp_path, COUNT_WORDS, second)

    assert [plan.name for plan in app.topic_plans()] == [LINES.name, COPIES.name, CHANGELOG]


def test_every_table_of_every_agent_can_be_read(tmp_path: Path) -> None:
    letters = table("letters")
    second = Agent(name="second", reads=COPIES, owns=(letters,), sends=(), bind=do_nothing)

    assert make_app(tmp_path, COUNT_WORDS, second).held_tables.declared() == (TOTALS, letters)


def test_an_agent_that_asks_for_a_table_of_another_is_refused_before_anything_starts(tmp_path: Path) -> None:
    thief = Agent(name="thief", reads=LINES, owns=(), sends=(), bind=count_words)

    with pytest.raises(LookupError, match="table totals has another writer; name it in the agent's `owns`"):
        make_app(tmp_path, COUNT_WORDS, thief)


def test_an_agent_that_sends_where_it_did_not_say_is_refused(tmp_path: Path) -> None:
    tasks: list[Task] = []

    def keep(task: Task) -> Handler:
        tasks.append(task)
        return lambda _record: None

    make_app(tmp_path, msgspec.structs.replace(COUNT_WORDS, sends=(), bind=keep))

    with pytest.raises(LookupError, match="topic copies is not declared; name it in the agent's `sends`"):
        tasks[0].send(COPIES, "a", None)


def test_an_agent_sends_json_under_its_key_and_no_value_as_a_tombstone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks: list[Task] = []

    def keep(task: Task) -> Handler:
        tasks.append(task)
        return lambda _record: None

    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "faust.topics.Topic.send_soon", lambda topic, **given: sent.append({topic.get_topic_name(): given})
    )
    make_app(tmp_path, msgspec.structs.replace(COUNT_WORDS, bind=keep))
    tasks[0].send(COPIES, "grüße", Line("hello"))
    tasks[0].send(COPIES, "a", None)

    assert sent == [
        {"copies": {"key": "grüße".encode(), "value": b'{"text":"hello"}'}},
        {"copies": {"key": b"a", "value": None}},
    ]


@given(received_ms=st.integers(0, 4_102_444_800_000))
def test_a_record_carries_the_timestamp_that_kafka_gave_it_to_the_millisecond(received_ms: int) -> None:
    message: Any = SimpleNamespace(
        topic="lines", partition=3, offset=7, timestamp=received_ms / 1000.0, key=b"k", value=None
    )

    assert _record(message) == Record("lines", 3, 7, received_ms, b"k", None)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("BROKER_URL", "kafka://elsewhere"), ("NODE_HOSTNAME", "elsewhere"), ("WEB_ENABLED", "1"), ("APP_DATADIR", "/")],
)
def test_variables_that_faust_knows_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    configured = make_app(tmp_path).conf

    assert [url.authority for url in configured.broker] == ["127.0.0.1:1"]
    assert str(configured.canonical_url) == "http://127.0.0.1:1"
    assert configured.web_enabled is False
    assert configured.datadir == tmp_path


def test_our_services_start_first_and_fausts_web_server_never(app: StreamApp) -> None:
    first, second = Service(), Service()
    app.services_before_kafka = [first, second]
    booted = list(app.boot_strategy.server())

    assert booted[:2] == [first, second]
    assert [service for service in booted if "web" in type(service).__module__] == []


def test_the_state_directory_is_taken_before_anything_else_starts(app: StreamApp, tmp_path: Path) -> None:
    asyncio.run(app.on_first_start())

    with pytest.raises(StateError, match="held by another worker"):
        asyncio.run(make_app(tmp_path).on_first_start())


def test_a_group_without_commits_reads_its_sources_from_their_start(app: StreamApp) -> None:
    assert app.conf.consumer_auto_offset_reset == "earliest"
