import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet_app.settings import Settings
from fleet_app.supervisor import Patience, Run
from tests.supervisor.running import HASTY, Program, Supervised
from tests.supervisor.workers import FIRST_PORT


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(state_dir=tmp_path, port=FIRST_PORT)


@pytest.fixture
def supervised(settings: Settings) -> Iterator[Callable[..., Supervised]]:
    with contextlib.ExitStack() as stack:

        def start(run: Run, *, workers: int = 1, patience: Patience = HASTY) -> Supervised:
            return stack.enter_context(contextlib.closing(Supervised(settings, workers, run, patience)))

        yield start


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[[Run], subprocess.Popen[str]]]:
    with contextlib.ExitStack() as stack:

        def start(run: Run) -> subprocess.Popen[str]:
            return stack.enter_context(contextlib.closing(Program(run, tmp_path))).process

        yield start
