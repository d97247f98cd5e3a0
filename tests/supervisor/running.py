"""Supervisors at work: in a thread, and as a program."""

import contextlib
import os
import signal
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from fleet_app.settings import Settings
from fleet_app.supervisor import Patience, Run, Supervisor
from tests.supervisor.workers import FIRST_PORT

ROOT = Path(__file__).parents[2]
HASTY = Patience(drain_s=0.3, first_back_off_s=0.01, longest_back_off_s=0.02)


class Supervised:
    """A supervisor in a thread of its own."""

    def __init__(self, settings: Settings, workers: int, run: Run, patience: Patience) -> None:
        self.lines: list[str] = []
        self.supervisor = Supervisor(settings, workers=workers, run=run, say=self.lines.append, patience=patience)
        self._thread = ThreadPoolExecutor(1)
        self.end: Future[None] = self._thread.submit(self.supervisor.run)

    def close(self) -> None:
        self.supervisor.stop()
        self.supervisor.stop()
        self._thread.shutdown()


class Program:
    """A supervisor as a program of its own, in a process group of its own like a command in a terminal."""

    def __init__(self, run: Run, state_dir: Path) -> None:
        script = (
            "from fleet_app.settings import Settings\n"
            "from fleet_app.supervisor import supervise\n"
            f"from tests.supervisor.workers import {run.__name__}\n"
            f"settings = Settings.load(state_dir={str(state_dir)!r}, port={FIRST_PORT})\n"
            f"supervise(settings, workers=2, run={run.__name__})\n"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()
