"""The one command: what it lists, and how it fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from fleet_app import __version__
from fleet_app.cli import COMMANDS, fleet

README = (Path(__file__).parents[1] / "README.md").read_text()
FLEET = (sys.executable, "-c", "from fleet_app.cli import main; main()")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FLEET, *arguments], env=os.environ | environment, capture_output=True, text=True, check=False
    )


def test_help_lists_every_command_with_a_sentence() -> None:
    said = CliRunner().invoke(fleet, ["--help"]).output
    listed = [line.split(maxsplit=1) for line in said.partition("Commands:\n")[2].splitlines()]

    assert [name for name, _ in listed] == sorted(COMMANDS)
    assert all(sentence for _, sentence in listed)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name: str) -> None:
    done = CliRunner().invoke(fleet, [name, "--help"], catch_exceptions=False)

    assert done.exit_code == 0
    assert done.output.startswith(f"Usage: fleet {name}")


def test_a_command_explains_itself_at_one_letter_too() -> None:
    assert run("config", "-h").stdout == run("config", "--help").stdout != ""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_called_by_the_name_it_has_itself(name: str) -> None:
    with fleet.make_context("fleet", ["--help"], resilient_parsing=True) as context:
        command = fleet.get_command(context, name)

    assert command is not None
    assert command.name == name


def test_help_waits_for_neither_faust_nor_a_kafka() -> None:
    script = "import sys; from fleet_app import cli\ntry:\n cli.main()\nfinally:\n assert 'faust' not in sys.modules"

    done = subprocess.run([sys.executable, "-c", script, "--help"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_an_unknown_command_is_named() -> None:
    done = CliRunner().invoke(fleet, ["wroker"])

    assert done.exit_code == 2
    assert "No such command 'wroker'" in done.output


def test_the_version_is_that_of_the_package() -> None:
    assert CliRunner().invoke(fleet, ["--version"]).output == f"fleet, version {__version__}\n"


def test_an_expected_failure_ends_in_its_message_and_its_own_exit_code() -> None:
    done = run("config", FLEET_PORT="none", FLEET_PARTITIONS="0")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("fleet: settings cannot be used:\n")
    assert len(done.stderr.splitlines()) == 3


def test_a_missing_kafka_ends_in_its_message_and_its_own_exit_code() -> None:
    done = run("topics", "check", FLEET_BROKER="127.0.0.1:1", FLEET_BROKER_WAIT_S="0")

    assert done.returncode == 3
    assert "fleet: Kafka at 127.0.0.1:1 did not answer within 0 s" in done.stderr
    assert "Traceback" not in done.stderr
