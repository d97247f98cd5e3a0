"""Every check finds what is good good, and what is bad bad, with what to do."""

import asyncio
import importlib.metadata
import io
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from fleet_app import doctor
from fleet_app.broker.testing import RunningKafka
from fleet_app.doctor import Finding, Verdict, examine, report
from fleet_app.settings import Settings
from tests.support.kafka import forget_topics, make_topics
from tests.support.processes import free_ports
from tests.web.fakes import CLUSTER_SECRET, KEY

ROOT = Path(__file__).parents[1]
NO_KAFKA = "127.0.0.1:1"


def found(subject: str, **given: object) -> Finding:
    """Return what is found about one subject; Kafka is away unless the settings say where it is."""
    settings = Settings.load(**{"broker": NO_KAFKA, "broker_wait_s": 0} | given)
    return next(finding for finding in asyncio.run(examine(settings)) if finding.subject == subject)


def run_doctor(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *options, "-c", "from fleet_app.cli import main; main()", "doctor"]
    environment = {"FLEET_BROKER": NO_KAFKA, "FLEET_BROKER_WAIT_S": "0", "COLUMNS": "300", **environment}
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "subject",
    ["Python", "faust-streaming", "mode-streaming", "aiokafka", "package agents", "package tables", "state directory"],
)
def test_here_everything_but_kafka_is_good(subject: str, tmp_path: Path) -> None:
    assert found(subject, state_dir=tmp_path).verdict is Verdict.GOOD


def test_the_packages_looked_at_are_the_ones_that_the_project_pins() -> None:
    pinned = [f"{name}=={version}" for name, version in doctor._PINNED.items()]

    assert [pin for pin in pinned if f'"{pin}"' not in (ROOT / "pyproject.toml").read_text()] == []


def test_a_package_of_another_version_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _name: "9.9.9")
    finding = found("aiokafka")

    assert (finding.verdict, finding.detail) == (
        Verdict.BAD,
        "is 9.9.9, the app works with 0.14.0 only; pip install aiokafka==0.14.0",
    )


def test_a_missing_package_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_PINNED", {"no-such-package": "1.0"})

    assert found("no-such-package") == Finding(
        "no-such-package", Verdict.BAD, "missing; install fleet-app again, it pins no-such-package==1.0"
    )


@pytest.mark.parametrize("package", ["agents", "tables"])
def test_a_package_that_hides_one_of_ours_is_named_with_what_to_do(tmp_path: Path, package: str) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()

    done = run_doctor("-P", PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)]))

    assert done.returncode == 1
    assert f"✗ package {package}: Python finds {tmp_path / package}" in done.stdout
    assert "start from another folder, or uninstall the other one" in done.stdout
    assert "✗ Kafka: not looked at, the app cannot be loaded" in done.stdout
    assert done.stderr == ""


def test_a_misspelt_variable_is_a_warning() -> None:
    done = run_doctor(FLEET_PROT="9000")

    assert "! environment: FLEET_PROT is set but is no setting" in done.stdout


def test_a_state_directory_that_is_still_to_be_made_is_good_and_not_made(tmp_path: Path) -> None:
    state = tmp_path / "not" / "there"
    finding = found("state directory", state_dir=state)

    assert finding.verdict is Verdict.GOOD
    assert finding.detail.startswith(f"{state}, ")
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_state_should_be_is_bad(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert found("state directory", state_dir=tmp_path / "file" / "state") == Finding(
        "state directory", Verdict.BAD, f"{tmp_path}/file/state cannot be written; set FLEET_STATE_DIR"
    )


def test_a_path_that_the_system_refuses_is_bad(tmp_path: Path) -> None:
    state = tmp_path / ("x" * 300)

    assert found("state directory", state_dir=state) == Finding(
        "state directory", Verdict.BAD, f"{state} cannot be used (File name too long); set FLEET_STATE_DIR"
    )


def test_a_disk_that_is_almost_full_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_FREE_BYTES_WANTED", 2**62)
    finding = found("state directory", state_dir=tmp_path)

    assert finding.verdict is Verdict.WARNING
    assert finding.detail.endswith("GiB free; make room, or set FLEET_STATE_DIR")


def test_a_free_port_is_good() -> None:
    port = free_ports(1)[0]

    assert found("HTTP port", port=port) == Finding("HTTP port", Verdict.GOOD, f"{port} on 127.0.0.1 is free")


def test_a_taken_port_is_a_warning() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        finding = found("HTTP port", port=port)

    assert finding == Finding(
        "HTTP port",
        Verdict.WARNING,
        f"{port} on 127.0.0.1 cannot be bound (Address already in use): a worker is running, or set FLEET_PORT",
    )


def test_an_address_of_another_machine_is_a_warning() -> None:
    finding = found("HTTP port", host="192.0.2.1", api_key=KEY, cluster_secret=CLUSTER_SECRET)

    assert finding.verdict is Verdict.WARNING
    assert "192.0.2.1 cannot be bound" in finding.detail


def test_a_kafka_that_is_away_is_bad_and_waited_for_only_shortly() -> None:
    finding = found("Kafka", broker_wait_s=0.1)

    assert finding.verdict is Verdict.BAD
    assert finding.detail.startswith(f"Kafka at {NO_KAFKA} did not answer within 0.1 s")


def test_certificates_that_cannot_be_read_are_bad(tmp_path: Path) -> None:
    finding = found("Kafka", broker_security="SSL", broker_ca_file=tmp_path / "nowhere.pem")

    assert (finding.verdict, finding.detail.partition(":")[0]) == (
        Verdict.BAD,
        "certificates for Kafka cannot be read",
    )


@pytest.mark.kafka
def test_a_kafka_without_the_topics_is_bad_and_with_them_good(kafka: RunningKafka) -> None:
    forget_topics(kafka.bootstrap)
    without = found("Kafka", broker=kafka.bootstrap, broker_wait_s=10)
    make_topics(kafka.bootstrap)

    assert without.verdict is Verdict.BAD
    assert "fleet.positions: missing; create it with `fleet topics create`" in without.detail
    assert found("Kafka", broker=kafka.bootstrap, broker_wait_s=10) == Finding(
        "Kafka", Verdict.GOOD, f"{kafka.bootstrap}, all topics fit"
    )


@pytest.mark.parametrize(
    ("verdict", "mark", "code"), [(Verdict.GOOD, "✓", 0), (Verdict.WARNING, "!", 0), (Verdict.BAD, "✗", 1)]
)
def test_only_what_is_bad_makes_the_command_fail(verdict: Verdict, mark: str, code: int) -> None:
    said = io.StringIO()
    findings = [Finding("one", Verdict.GOOD, "fine"), Finding("other", verdict, "at [fd00::1]")]

    assert report(findings, Console(file=said)) == code
    assert said.getvalue() == f"✓ one: fine\n{mark} other: at [fd00::1]\n"
