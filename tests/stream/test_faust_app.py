"""What declarations become: topics to make, settings of Faust, and what starts before the group is joined."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec
import pytest
from faust.transport.drivers import by_name
from mode import Service

from fleet_app.errors import SettingsError, StateError
from fleet_app.stream.declarations import Agent, AgentTask, Cleanup, GlobalView, Handler
from fleet_app.stream.faust_app import StreamApp
from fleet_app.stream.lane.assignor import TaskAssignor
from fleet_app.stream.lane.consumer import TaskConsumer
from fleet_app.stream.lane.table_manager import TaskTables
from fleet_app.stream.lane.transport import SCHEME, TaskTransport
from fleet_app.stream.reads import Phase
from tests.stream.small_app import (
    BURIED,
    CHANGELOG,
    COPIES,
    COUNT_WORDS,
    DEAD_LETTERS,
    LINES,
    PARTITIONS,
    TOTALS,
    Line,
    make_app,
    table,
    topic,
)


def do_nothing(_task: AgentTask) -> Handler:
    return lambda _record: None


SECOND = Agent(name="second", reads=COPIES, owns=(), sends=(LINES,), dead_letters=DEAD_LETTERS, bind=do_nothing)


@pytest.fixture
def app(tmp_path: Path) -> StreamApp:
    return make_app(tmp_path)


def test_the_app_needs_the_topics_of_its_agents_and_a_changelog_per_table(app: StreamApp) -> None:
    plans = app.topic_plans()

    assert [plan.name for plan in plans] == [LINES.name, COPIES.name, BURIED.name, CHANGELOG]
    assert {plan.partitions for plan in plans} == {PARTITIONS}
    assert plans[-1].config["cleanup.policy"] == "compact"


def test_a_topic_that_two_agents_name_is_needed_once(tmp_path: Path) -> None:
    app = make_app(tmp_path, COUNT_WORDS, SECOND)

    assert [plan.name for plan in app.topic_plans()] == [LINES.name, COPIES.name, BURIED.name, CHANGELOG]


NAMES: GlobalView[Line, frozenset[str]] = GlobalView(
    topic=msgspec.structs.replace(topic("names"), cleanup=Cleanup.COMPACT),
    empty=frozenset("?"),
    changed=lambda names, changes: names | changes.keys(),
)
LOOKING = msgspec.structs.replace(COUNT_WORDS, looks_at=(NAMES,))


def test_the_app_needs_the_topics_of_its_global_views(tmp_path: Path) -> None:
    plans = make_app(tmp_path, LOOKING).topic_plans()

    assert [plan.name for plan in plans] == [LINES.name, COPIES.name, BURIED.name, NAMES.topic.name, CHANGELOG]


def test_the_group_does_not_subscribe_to_global_views(tmp_path: Path) -> None:
    app = make_app(tmp_path, LOOKING)

    assert [agent.channel.get_topic_name() for agent in app.agents.values()] == [LINES.name]
    assert app.tables.changelog_topics == {CHANGELOG}


def test_a_global_view_can_be_read_and_is_empty_at_first(tmp_path: Path) -> None:
    views = make_app(tmp_path, LOOKING).views

    assert (views.now(NAMES), views.reports()) == (frozenset("?"), [])


def test_every_table_of_every_agent_can_be_read(tmp_path: Path) -> None:
    letters = table("letters")
    second = msgspec.structs.replace(SECOND, owns=(letters,))

    assert make_app(tmp_path, COUNT_WORDS, second).held_tables.declared() == (TOTALS, letters)


def test_agents_that_do_not_fit_together_are_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="2 agents read topic 'lines'"):
        make_app(tmp_path, COUNT_WORDS, msgspec.structs.replace(SECOND, reads=LINES))


def test_a_fail_point_that_does_not_exist_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no step 'commit-9-lunch'"):
        make_app(tmp_path, fail_at="commit-9-lunch:1")


def test_faust_runs_on_the_lane(app: StreamApp) -> None:
    assert type(app.transport) is TaskTransport
    assert type(app.assignor) is TaskAssignor
    assert type(app.tables) is TaskTables


def test_the_lane_is_found_by_whoever_names_it_in_a_brokers_address() -> None:
    assert by_name(SCHEME) is TaskTransport


def test_the_group_subscribes_to_the_changelogs_that_the_tasks_write(app: StreamApp) -> None:
    assert app.tables.changelog_topics == {CHANGELOG}


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


@pytest.fixture
def consumer_loop(app: StreamApp) -> Iterator[None]:
    """Close the loop that the consumer's thread would close at its end: here it never starts."""
    yield
    cast(TaskConsumer, app.consumer).thread.thread_loop.close()


@pytest.mark.usefixtures("consumer_loop")
def test_our_services_start_first_and_fausts_web_server_and_producer_never(app: StreamApp) -> None:
    first, second = Service(), Service()
    app.services_before_kafka = [first, second]
    booted = list(app.boot_strategy.server())

    assert booted[:2] == [first, second]
    assert [service for service in booted if "web" in type(service).__module__] == []
    assert app.producer not in booted


def test_the_state_directory_is_taken_before_anything_else_starts(app: StreamApp, tmp_path: Path) -> None:
    asyncio.run(app.on_first_start())

    with pytest.raises(StateError, match="held by another worker"):
        asyncio.run(make_app(tmp_path).on_first_start())


def test_a_worker_takes_its_name_in_the_group_from_its_state_directory(app: StreamApp, tmp_path: Path) -> None:
    asyncio.run(app.on_first_start())

    assert app.conf.consumer_group_instance_id.startswith((tmp_path / "worker-id").read_text())


def test_the_first_reason_to_end_is_the_one_that_counts(app: StreamApp) -> None:
    first, second = ValueError("first"), ValueError("second")

    async def fail_twice() -> None:
        app.loop = asyncio.get_running_loop()
        app.fail(first)
        app.fail(second)
        await app.wait_until_stopped()

    asyncio.run(fail_twice())

    assert app.crash_reason is first


def test_before_the_group_is_joined_nothing_is_owned_and_the_worker_is_starting(app: StreamApp) -> None:
    group = app.membership

    assert (group.phase(), group.workers(), group.owned(), group.tasks()) == (Phase.STARTING, (), frozenset(), [])
