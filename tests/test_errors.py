"""Exit codes tell scripts and supervisors what went wrong."""

import re
from pathlib import Path

import pytest

from fleet_app import errors
from fleet_app.errors import FleetError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, FleetError)]
DOCUMENTED = {
    int(code): meaning
    for code, meaning in re.findall(
        r"^\| (\d+) \| (.+) \|$", (Path(__file__).parents[1] / "ARCHITECTURE.md").read_text(), re.MULTILINE
    )
}


def test_every_kind_of_failure_has_an_exit_code_of_its_own() -> None:
    assert sorted(kind.exit_code for kind in KINDS) == list(range(1, len(KINDS) + 1))


def test_the_architecture_lists_every_exit_code_and_no_other() -> None:
    assert sorted(DOCUMENTED) == sorted(kind.exit_code for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_failure_prints_as_its_message(kind: type[FleetError]) -> None:
    assert str(kind("port 80 is taken; set FLEET_PORT")) == "port 80 is taken; set FLEET_PORT"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_exit_code_looks_like_a_signal_or_success(kind: type[FleetError]) -> None:
    assert 0 < kind.exit_code < 64
