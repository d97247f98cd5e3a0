"""The public contract of the topics, as a whole."""

import re
from pathlib import Path

import msgspec
import pytest

from fleet_app.app import create_agents
from fleet_app.settings import Settings
from fleet_app.stream.declarations import Agent, Cleanup, Topic
from fleet_app.topics import AUDIT, POSITIONS, REJECTED, TOPICS

PAGE = (Path(__file__).parents[1] / "docs" / "topics.md").read_text()
AGENTS = create_agents(Settings.load())
READ = {agent.reads.name for agent in AGENTS}
SENT = {topic.name for agent in AGENTS for topic in agent.sends}

each_topic = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
each_agent = pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)


def examples() -> list[tuple[str, str]]:
    """Return (topic, JSON) of every example on the page of topics."""
    return [
        (section.partition("\n")[0], example)
        for section in PAGE.split("\n## ")[1:]
        for example in re.findall(r"```json\n(.*?)```", section, re.DOTALL)
    ]


def test_the_registry_is_what_the_agents_read_and_send_and_what_doors_tell() -> None:
    assert {topic.name for topic in TOPICS} == READ | SENT | {AUDIT.name}


@each_topic
def test_a_topic_is_named_fleet_and_what_it_holds(topic: Topic) -> None:
    assert re.fullmatch(r"fleet\.[a-z]+(-[a-z]+)*", topic.name)


def test_no_two_topics_share_a_name() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)


@each_topic
def test_a_topic_does_not_grow_for_ever(topic: Topic) -> None:
    assert (topic.retention_s is not None) == (topic.cleanup is not Cleanup.COMPACT)


@each_topic
def test_inputs_are_stamped_by_the_broker_and_outputs_by_their_writer(topic: Topic) -> None:
    assert topic.log_append_time == (topic.name in READ - SENT)


@each_agent
def test_what_an_agent_reads_and_sends_names_the_agent(agent: Agent) -> None:
    assert agent.name in agent.reads.read_by
    written = (*agent.sends, agent.dead_letters.topic)
    assert [topic.name for topic in written if agent.name not in topic.written_by.split(", ")] == []
    assert {table.written_by for table in agent.owns} == {agent.name}


def test_the_largest_position_can_be_refused() -> None:
    in_base64 = POSITIONS.max_message_bytes * 4 / 3

    assert in_base64 < REJECTED.max_message_bytes


def test_the_page_has_an_example_of_every_topic() -> None:
    assert [name for name, _ in examples()] == [topic.name for topic in TOPICS]


@pytest.mark.parametrize(("name", "example"), examples())
def test_an_example_on_the_page_is_a_value_of_its_topic(name: str, example: str) -> None:
    values = {topic.name: topic.value for topic in TOPICS}
    value = msgspec.json.decode(example, type=values[name])

    assert msgspec.json.decode(msgspec.json.encode(value)) == msgspec.json.decode(example)
