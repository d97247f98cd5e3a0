"""What goes wrong in a round: the kinds of fault, each a short story about the workers of a cluster.

A story is told while the load runs, in a thread of its own; it leaves running workers that share all partitions, or
will. The seed decides who is hit and when.
"""

import random
import shutil
import signal
import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Final

from tests.support.processes import Cluster, WorkerProcess

SESSION_S: Final = 3.0


class Fault(StrEnum):
    """The kinds of fault."""

    KILL = "kill -9, restart, same disk"
    KILL_EMPTY_DISK = "kill -9, restart, empty disk"
    TERM = "SIGTERM, restart"
    JOIN = "a third joins"
    JOIN_KILL_JOINER = "a third joins, kill -9 of it"
    JOIN_KILL_FIRST = "a third joins, kill -9 of another"
    FREEZE = "frozen longer than the session, twice"
    KILL_ALL = "kill -9 of all, restart"


class Scene:
    """A cluster under load, and chance."""

    def __init__(self, cluster: Cluster, seed: int) -> None:
        self.cluster = cluster
        self.chance = random.Random(seed)
        self._never = threading.Event()

    def pause(self, at_least_s: float, at_most_s: float) -> None:
        """Let the load run on for a while."""
        self._never.wait(self.chance.uniform(at_least_s, at_most_s))

    def anyone(self) -> WorkerProcess:
        """Return one of the workers that run."""
        return self.chance.choice(self.cluster.alive())


def _kill_and_restart(scene: Scene, *, empty_disk: bool = False) -> None:
    victim = scene.anyone()
    victim.kill()
    scene.pause(0, 2 * SESSION_S)
    if empty_disk:
        shutil.rmtree(Path(scene.cluster.settings["FLEET_STATE_DIR"]) / f"worker-{victim.port}")
    victim.restart()


def _kill_and_restart_with_an_empty_disk(scene: Scene) -> None:
    _kill_and_restart(scene, empty_disk=True)


def _terminate_and_restart(scene: Scene) -> None:
    victim = scene.anyone()
    victim.stop()
    scene.pause(0, SESSION_S)
    victim.restart()


def _join(scene: Scene) -> None:
    scene.cluster.add()


def _join_then_kill_the_joiner(scene: Scene) -> None:
    joiner = scene.cluster.add()
    scene.pause(1, 2 * SESSION_S)
    joiner.kill()


def _join_then_kill_another(scene: Scene) -> None:
    another = scene.anyone()
    scene.cluster.add()
    scene.pause(1, 2 * SESSION_S)
    another.kill()


def _freeze_twice(scene: Scene) -> None:
    for _ in range(2):
        victim = scene.anyone()
        victim.process.send_signal(signal.SIGSTOP)
        scene.pause(1.5 * SESSION_S, 2.5 * SESSION_S)
        victim.process.send_signal(signal.SIGCONT)
        scene.pause(0, SESSION_S)


def _kill_all_and_restart(scene: Scene) -> None:
    victims = scene.cluster.alive()
    for victim in victims:
        victim.kill()
    scene.pause(0, SESSION_S)
    for victim in victims:
        victim.restart()


STORIES: Final[dict[Fault, Callable[[Scene], None]]] = {
    Fault.KILL: _kill_and_restart,
    Fault.KILL_EMPTY_DISK: _kill_and_restart_with_an_empty_disk,
    Fault.TERM: _terminate_and_restart,
    Fault.JOIN: _join,
    Fault.JOIN_KILL_JOINER: _join_then_kill_the_joiner,
    Fault.JOIN_KILL_FIRST: _join_then_kill_another,
    Fault.FREEZE: _freeze_twice,
    Fault.KILL_ALL: _kill_all_and_restart,
}


def fault_of(seed: int) -> Fault:
    """Return the kind of fault that a seed stands for: every kind comes once in a row of seeds."""
    kinds = list(Fault)
    return kinds[(seed - 1) % len(kinds)]
