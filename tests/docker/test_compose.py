import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import pytest

from fleet_app import cli
from fleet_app.settings import Settings

ROOT = Path(__file__).parents[2]
NAMES = ("worker-1", "worker-2", "worker-3", "worker-4")
STATE = "/var/lib/fleet"


def load(workers: dict[str, Any], name: str, no_settings: pytest.MonkeyPatch) -> Settings:
    """Return the settings that a service starts with: the image's variables, then its own."""
    for variable, value in {"FLEET_STATE_DIR": STATE, **workers[name]["environment"]}.items():
        no_settings.setenv(variable, value)
    return Settings.load()


def names_of(workers: dict[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(workers))


def test_the_workers_are_those_that_are_tested(workers: dict[str, Any]) -> None:
    assert names_of(workers) == NAMES


def test_without_its_secrets_nothing_starts() -> None:
    text = (ROOT / "docker" / "compose.yaml").read_text()

    assert re.findall(r"\$\{[^}]*\}", text) == [
        "${FLEET_API_KEY:?set it to a secret of 16 characters or more}",
        "${FLEET_CLUSTER_SECRET:?set it to another secret, of 32 characters or more}",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_of_a_worker_is_a_setting_with_a_value_that_it_takes(
    workers: dict[str, Any], name: str, no_settings: pytest.MonkeyPatch
) -> None:
    known = {f"FLEET_{field.upper()}" for field in Settings.model_fields}
    settings = load(workers, name, no_settings)

    assert set(workers[name]["environment"]) <= known
    assert settings.host == "0.0.0.0"
    assert settings.api_key is not None
    assert settings.cluster_secret is not None


@pytest.mark.parametrize("name", NAMES)
def test_a_worker_is_reached_under_its_own_name_and_port(
    workers: dict[str, Any], name: str, no_settings: pytest.MonkeyPatch
) -> None:
    settings = load(workers, name, no_settings)
    (published,) = workers[name]["ports"]
    address, _, inside = published.rpartition(":")
    advertised = urlsplit(settings.url)

    assert (advertised.hostname, advertised.port) == (name, settings.port)
    assert int(inside) == settings.port
    assert address.startswith("127.0.0.1:")


def test_no_two_workers_share_a_port_or_a_volume(workers: dict[str, Any]) -> None:
    assert len({worker["ports"][0] for worker in workers.values()}) == len(workers)
    assert len({worker["volumes"][0] for worker in workers.values()}) == len(workers)


@pytest.mark.parametrize("name", NAMES)
def test_a_workers_state_lies_in_its_own_declared_volume(
    compose: dict[str, Any], workers: dict[str, Any], name: str, no_settings: pytest.MonkeyPatch
) -> None:
    (mounted,) = workers[name]["volumes"]

    assert mounted == f"{name}:{load(workers, name, no_settings).state_dir}"
    assert name in compose["volumes"]


@pytest.mark.parametrize("name", NAMES)
def test_a_worker_may_do_nothing_but_its_work(workers: dict[str, Any], name: str) -> None:
    worker = workers[name]

    assert worker["read_only"] is True
    assert worker["tmpfs"] == ["/tmp"]  # noqa: S108 - the container's own
    assert worker["cap_drop"] == ["ALL"]
    assert worker["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", NAMES)
def test_a_worker_runs_a_command_that_exists(workers: dict[str, Any], name: str) -> None:
    (command,) = workers[name]["command"]

    assert isinstance(cli.fleet.get_command(click.Context(cli.fleet), command), click.Command)


@pytest.mark.parametrize("name", NAMES)
def test_a_worker_has_time_to_drain_and_comes_back_after_a_fall(workers: dict[str, Any], name: str) -> None:
    assert workers[name]["stop_grace_period"] == "30s"
    assert workers[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", NAMES)
def test_a_worker_waits_for_all_brokers_and_knows_them(
    workers: dict[str, Any], brokers: dict[str, Any], name: str, no_settings: pytest.MonkeyPatch
) -> None:
    settings = load(workers, name, no_settings)

    assert set(settings.broker.split(",")) == {f"{broker}:9092" for broker in brokers}
    assert workers[name]["depends_on"] == {broker: {"condition": "service_healthy"} for broker in brokers}


def test_there_are_four_partitions_for_each_worker_and_a_copy_on_each_broker(
    workers: dict[str, Any], brokers: dict[str, Any], no_settings: pytest.MonkeyPatch
) -> None:
    settings = load(workers, "worker-1", no_settings)

    assert settings.partitions == 4 * len(workers)
    assert settings.replication == len(brokers) == 3


def test_the_image_is_built_from_the_repository(workers: dict[str, Any]) -> None:
    build = workers["worker-1"]["build"]
    context = (ROOT / "docker" / build["context"]).resolve()

    assert context == ROOT
    assert (context / build["dockerfile"]).is_file()


def test_the_brokers_run_one_pinned_official_image(brokers: dict[str, Any]) -> None:
    (image,) = {broker["image"] for broker in brokers.values()}

    assert re.fullmatch(r"apache/kafka:\d+\.\d+\.\d+", image)


def test_the_brokers_know_each_other(brokers: dict[str, Any]) -> None:
    environments = [broker["environment"] for broker in brokers.values()]
    (voters,) = {environment["KAFKA_CONTROLLER_QUORUM_VOTERS"] for environment in environments}
    expected = {f"{broker['environment']['KAFKA_NODE_ID']}@{name}:9093" for name, broker in brokers.items()}

    assert set(voters.split(",")) == expected
    assert len({environment["CLUSTER_ID"] for environment in environments}) == 1


@pytest.mark.parametrize("name", ["kafka-1", "kafka-2", "kafka-3"])
def test_a_broker_listens_where_it_says_and_keeps_its_log_in_its_volume(
    compose: dict[str, Any], brokers: dict[str, Any], name: str
) -> None:
    environment = brokers[name]["environment"]
    security = dict(pair.split(":") for pair in environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    listeners = dict(listener.split("://:") for listener in environment["KAFKA_LISTENERS"].split(","))

    assert environment["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://{name}:{listeners['PLAINTEXT']}"
    assert set(security) == set(listeners) == {"PLAINTEXT", environment["KAFKA_CONTROLLER_LISTENER_NAMES"]}
    assert brokers[name]["volumes"] == [f"{name}:{environment['KAFKA_LOG_DIRS']}"]
    assert name in compose["volumes"]
    assert f"localhost:{listeners['PLAINTEXT']} " in brokers[name]["healthcheck"]["test"][1]


def test_one_broker_may_be_lost(brokers: dict[str, Any]) -> None:
    for broker in brokers.values():
        environment = broker["environment"]
        copies = {value for name, value in environment.items() if name.endswith("REPLICATION_FACTOR")}
        in_sync = {environment["KAFKA_MIN_INSYNC_REPLICAS"], environment["KAFKA_TRANSACTION_STATE_LOG_MIN_ISR"]}

        assert (copies, in_sync) == ({"3"}, {"2"})


def test_kafka_is_not_reachable_from_outside(brokers: dict[str, Any]) -> None:
    assert not any("ports" in broker for broker in brokers.values())
