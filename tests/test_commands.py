"""The commands about the installation as a whole."""

from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner, Result

import fleet_app.worker
from fleet_app.broker.testing import RunningKafka
from fleet_app.cli import fleet
from fleet_app.errors import TopicsError
from fleet_app.settings import PREFIX, Settings
from tests.support.kafka import forget_topics, make_topics
from tests.support.topics import topics_of

ALL_TOPICS = topics_of("fleet")


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    monkeypatch.setattr("fleet_app.commands.console.width", 300)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(fleet, arguments)


def shown() -> dict[str, list[str]]:
    """Return the rows of `fleet config` by setting: value, if there is one, and origin."""
    return {line.split()[0]: line.split()[1:] for line in run("config").output.splitlines()}


def test_config_shows_every_setting_with_its_value_and_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_PORT", "9000")
    rows = shown()

    assert set(rows) == {"Setting"} | {PREFIX + name.upper() for name in Settings.model_fields}
    assert rows["FLEET_PORT"] == ["9000", "FLEET_PORT"]
    assert rows["FLEET_PARTITIONS"] == ["8", "default"]
    assert rows["FLEET_ADVERTISED_URL"] == ["default"]


@pytest.mark.parametrize("variable", ["FLEET_API_KEY", "FLEET_BROKER_PASSWORD"])
def test_config_masks_secrets(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "0123456789abcdef")

    assert "0123456789abcdef" not in run("config").output
    assert shown()[variable] == ["**********", variable]


def test_config_names_variables_that_are_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_PROT", "9000")

    assert run("config").output.endswith("\nFLEET_PROT is set but is no setting\n")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FLEET_BROKER", "[fd00::1]:9092"),
        ("FLEET_ADVERTISED_URL", "http://[fd00::1]:8080"),
        ("FLEET_STATE_DIR", "/state/[/b]"),
    ],
)
def test_config_shows_values_as_they_are(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)

    assert shown()[variable] == [value, variable]


def test_a_worker_runs_with_what_its_options_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran: list[Settings] = []

    def run_worker(settings: Settings) -> NoReturn:
        ran.append(settings)
        raise SystemExit(0)

    monkeypatch.setattr(fleet_app.worker, "run_worker", run_worker)
    monkeypatch.setenv("FLEET_PORT", "9000")
    run("worker", "--port", "9100", "--state-dir", str(tmp_path))
    run("worker")

    assert [settings.port for settings in ran] == [9100, 9000]
    assert ran[0].state_dir == tmp_path


@pytest.mark.parametrize("workers", ["0", "-1", "many"])
def test_a_number_of_workers_that_cannot_be_is_refused(workers: str) -> None:
    done = run("up", "--workers", workers)

    assert done.exit_code == 2
    assert "Invalid value for '--workers'" in done.output


@pytest.mark.kafka
def test_missing_topics_are_created_and_named_once(kafka: RunningKafka, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_topics(kafka.bootstrap)
    monkeypatch.setenv("FLEET_BROKER", kafka.bootstrap)
    fit = "all topics fit, 8 partitions each"

    first, *others = [run("topics", command).output.splitlines() for command in ("create", "create", "check")]

    assert sorted(first) == sorted([fit, *(f"created {name}" for name in ALL_TOPICS)])
    assert others == [[fit], [fit]]


@pytest.mark.kafka
@pytest.mark.parametrize("command", ["create", "check"])
def test_topics_that_do_not_fit_are_a_failure(
    kafka: RunningKafka, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    forget_topics(kafka.bootstrap)
    make_topics(kafka.bootstrap, partitions=2)
    monkeypatch.setenv("FLEET_BROKER", kafka.bootstrap)
    failure = run("topics", command).exception

    assert isinstance(failure, TopicsError)
    assert [name for name in ALL_TOPICS if f"  {name}: has 2 partitions, the app is set to 8" not in str(failure)] == []
