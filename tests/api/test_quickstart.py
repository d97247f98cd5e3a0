"""Every example of the quick start does what it says, on workers and a broker that it starts itself."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.console import Shell, examples_of, fits, run_until_it_fits
from tests.support.processes import BIN, free_ports
from tests.support.tools import ROOT

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture
def shell(tmp_path: Path, kafka_cache: Path) -> Iterator[Shell]:
    """A shell as a newcomer has it, but for where the state goes."""
    environment = {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "FLEET_STATE_DIR": str(tmp_path / "state"),
        "FLEET_CACHE_DIR": str(kafka_cache),
    }
    shell = Shell(tmp_path, environment)
    yield shell
    shell.run("fleet broker stop")
    shell.end()


def test_every_example_of_the_quick_start_does_what_it_shows(shell: Shell) -> None:
    first, second, kafka = free_ports(3)
    document = (ROOT / "docs" / "quickstart.md").read_text()
    for told, here in (("8080", first), ("8081", second), ("9092", kafka)):
        document = document.replace(f"localhost:{told}", f"localhost:{here}")
    document = document.replace("fleet broker start", f"fleet broker start --port {kafka}")
    shell.run(f"export FLEET_PORT={first} FLEET_BROKER=localhost:{kafka}")

    examples = [
        example._replace(command=example.command.replace("{PYTHON}", sys.executable))
        for example in examples_of(document)
    ]
    done = [(example, run_until_it_fits(shell, example)) for example in examples]

    assert [
        (example.command, example.shown, printed) for example, printed in done if not fits(example.shown, printed)
    ] == []
