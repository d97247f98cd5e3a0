"""What goes wrong in a run: the kinds of fault, each a short story about the workers and their broker.

A story is told while the load runs. It leaves workers that run or are about to, and the seed decides who is hit and
when. Poison is part of the load, always.
"""

import os
import shutil
import signal
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final, NamedTuple

from fleet_app.stream.engine.fail_points import Step
from tests.reliability.campaign.findings import UnjudgedError
from tests.reliability.campaign.scene import Scene, Worker
from tests.support.processes import eventually

COMMIT_STEPS: Final = tuple(step for step in Step if step.startswith("commit"))
RESTORE_STEPS: Final = tuple(step for step in Step if step.startswith("restore"))
_BROKER_FROZEN_S: Final = 30.0
_FAILS_WITHIN_S: Final = 40.0

Story = Callable[[Scene], None]


class Fault(NamedTuple):
    """A kind of fault.

    Attributes:
        name: Its name.
        story: What happens.
        plan: How the first worker is to fail in its first life.
        hurts_broker: Whether the broker is no good for another run.
        app: The only application that knows what it is about; None for any.
    """

    name: str
    story: Story
    plan: Callable[[Scene], str] | None = None
    hurts_broker: bool = False
    app: str | None = None


def _at_once(scene: Scene, victim: Worker) -> None:
    scene.note("back at once, same disk")
    scene.restart(victim)


def _on_the_same_disk(scene: Scene, victim: Worker) -> None:
    scene.note("back later, same disk")
    scene.pause(0, 1.5 * scene.session_s)
    scene.restart(victim)


def _on_an_empty_disk(scene: Scene, victim: Worker) -> None:
    scene.note("back later, empty disk")
    scene.pause(0, 1.5 * scene.session_s)
    scene.empty_disk(victim)
    scene.restart(victim)


def _taken_over(scene: Scene, _: Worker) -> None:
    scene.note("taken over")
    scene.pause(scene.session_s + 1, scene.session_s + 2)


_FATES: Final = (_at_once, _on_the_same_disk, _on_an_empty_disk, _taken_over)


def _any_fate(scene: Scene, victim: Worker) -> None:
    scene.chance.choice(_FATES)(scene, victim)


def _on_an_older_disk(scene: Scene, victim: Worker) -> None:
    """What was on the disk a while ago is put back, as from a backup."""
    copy = scene.folder / "older"
    shutil.copytree(victim.state, copy)
    scene.restart(victim)
    scene.pause(2, 4)
    scene.kill(victim)
    scene.empty_disk(victim)
    copy.rename(victim.state)
    scene.restart(victim)


def _dies_as_planned(scene: Scene) -> None:
    victim = scene.workers[0]
    _expect_kill(scene, victim)
    _any_fate(scene, victim)


def _expect_kill(scene: Scene, victim: Worker) -> None:
    code = scene.await_planned_end(victim, within_s=_FAILS_WITHIN_S)
    if code != -signal.SIGKILL:
        raise UnjudgedError(f"worker {victim.port} ended with {code} before its fail point:\n{victim.last_words()}")


def _at_some_commit(step: Step, scene: Scene) -> str:
    return f"{step}:{scene.chance.randint(1, 60)}"


def _dies_in_a_restore(step: Step, scene: Scene) -> None:
    """One that comes back, or one that joins, dies while it takes its tables in."""
    scene.pause(1, 3)
    victim = scene.chance.choice((_comes_back, _comes_back_to_an_empty_disk, _joins))(scene, f"{step}:1")
    _expect_kill(scene, victim)
    _any_fate(scene, victim)


def _comes_back(scene: Scene, plan: str) -> Worker:
    victim = scene.anyone()
    scene.kill(victim)
    scene.pause(0, 1.5 * scene.session_s)
    scene.restart(victim, fail_at=plan)
    return victim


def _comes_back_to_an_empty_disk(scene: Scene, plan: str) -> Worker:
    victim = scene.anyone()
    scene.kill(victim)
    scene.empty_disk(victim)
    scene.restart(victim, fail_at=plan)
    return victim


def _joins(scene: Scene, plan: str) -> Worker:
    return scene.add(fail_at=plan)


def _killed(fate: Callable[[Scene, Worker], None], scene: Scene) -> None:
    scene.pause(1, 4)
    victim = scene.anyone()
    scene.kill(victim)
    fate(scene, victim)


def _terminated(fate: Callable[[Scene, Worker], None], scene: Scene) -> None:
    scene.pause(1, 4)
    victim = scene.anyone()
    scene.terminate(victim)
    fate(scene, victim)


def _killed_at_a_change(scene: Scene) -> None:
    """One after the other, each just when something has changed that both look things up in."""
    scene.pause(1, 3)
    for victim in scene.chance.sample(scene.alive(), k=2):
        scene.await_change()
        scene.kill(victim)
        _any_fate(scene, victim)


def _joined_at_a_change(scene: Scene) -> None:
    """What changed a moment ago must be known to one that joins, and its maker dies at the next."""
    scene.pause(1, 3)
    first = scene.anyone()
    scene.await_change()
    scene.add()
    scene.pause(0, 4)
    scene.await_change()
    scene.kill(first)


def _joined(scene: Scene) -> None:
    scene.pause(1, 3)
    scene.strike()
    scene.add()


def _joined_then_joiner_killed(scene: Scene) -> None:
    scene.pause(1, 3)
    joiner = scene.add()
    scene.pause(0.5, 4)
    scene.kill(joiner)


def _joined_then_first_killed(scene: Scene) -> None:
    scene.pause(1, 3)
    first = scene.anyone()
    scene.add()
    scene.pause(0.5, 4)
    scene.kill(first)


def _joins_and_leaves(scene: Scene) -> None:
    scene.pause(1, 2)
    other = scene.add()
    for _ in range(3):
        scene.pause(0.5, 3)
        scene.chance.choice((scene.kill, scene.terminate))(other)
        scene.pause(0, scene.session_s)
        scene.restart(other)


def _each_leaves_in_turn(scene: Scene) -> None:
    scene.pause(1, 2)
    for leaver in scene.chance.choices(scene.alive(), k=3):
        scene.chance.choice((scene.kill, scene.terminate))(leaver)
        scene.pause(0, scene.session_s)
        scene.restart(leaver)
        scene.pause(0, 2)


def _frozen_twice(scene: Scene) -> None:
    scene.pause(1, 2)
    for _ in range(2):
        victim = scene.anyone()
        scene.strike(victim)
        victim.running.process.send_signal(signal.SIGSTOP)
        scene.pause(1.3 * scene.session_s, 2 * scene.session_s)
        victim.running.process.send_signal(signal.SIGCONT)
        scene.pause(1, scene.session_s)


def _fails_to_produce(scene: Scene) -> None:
    """The worker must say so and leave, with an exit code that is a failure's."""
    victim = scene.workers[0]
    code = scene.await_planned_end(victim, within_s=_FAILS_WITHIN_S)
    if code <= 0:
        raise AssertionError(f"a worker whose commit failed ended with {code}:\n{victim.last_words()}")
    scene.restart(victim)


def _at_some_produce(scene: Scene) -> str:
    step = scene.chance.choice((Step.CHANGELOG, Step.OUTPUTS, Step.OFFSETS, Step.COMMIT_SENT, Step.STORE))
    return f"{step}:{scene.chance.randint(5, 60)}:raise"


def _all_killed(scene: Scene) -> None:
    scene.pause(1, 4)
    victims = scene.alive()
    scene.kill(*victims)
    scene.pause(0, scene.session_s)
    for victim in victims:
        scene.restart(victim)


def _broker_frozen(scene: Scene) -> None:
    scene.pause(1, 3)
    pid = scene.kafka.broker.status().pid
    assert pid is not None
    scene.strike(*scene.workers)
    os.kill(pid, signal.SIGSTOP)
    scene.pause(_BROKER_FROZEN_S, _BROKER_FROZEN_S)
    os.kill(pid, signal.SIGCONT)


def _broker_killed(scene: Scene) -> None:
    scene.pause(1, 3)
    broker = scene.kafka.broker
    pid = broker.status().pid
    assert pid is not None
    scene.strike(*scene.workers)
    os.kill(pid, signal.SIGKILL)
    scene.pause(0, 3)
    before = scene.kafka.bootstrap
    broker.start()
    if broker.bootstrap != before:
        raise UnjudgedError(f"the broker came back at {broker.bootstrap}, not {before}")


def _rolled(scene: Scene) -> None:
    """A release with one more topic comes in worker by worker."""
    scene.pause(1, 3)
    old = scene.alive()
    scene.release = "next"
    for worker in old:
        new = scene.add()
        eventually(new.owned, within_s=60, what="a worker of the next release owns something")
        scene.chance.choice((scene.kill, scene.terminate))(worker)
        scene.pause(0, 2)


def _dies_at_each(steps: Iterable[Step], scene: Scene) -> None:
    """One life after the other ends at the next of the steps."""
    victim = scene.workers[0]
    scene.pause(0.5, 1)
    scene.kill(victim)
    for step in steps:
        scene.restart(victim, fail_at=f"{step}:{scene.chance.randint(1, 3) if step in COMMIT_STEPS else 1}")
        _expect_kill(scene, victim)
    scene.restart(victim)


EVERY_COMMIT_STEP: Final = Fault("kill -9 at every step of commit in turn", partial(_dies_at_each, COMMIT_STEPS))
EVERY_RESTORE_STEP: Final = Fault("kill -9 at every step of restore in turn", partial(_dies_at_each, RESTORE_STEPS))

FAULTS: Final[Mapping[str, Fault]] = {
    fault.name: fault
    for fault in (
        Fault("kill -9, same disk", partial(_killed, _on_the_same_disk)),
        *(Fault(f"kill -9 at {step}", _dies_as_planned, partial(_at_some_commit, step)) for step in COMMIT_STEPS),
        Fault("join, kill -9 of the first", _joined_then_first_killed),
        Fault("SIGSTOP longer than the session, twice", _frozen_twice),
        *(Fault(f"kill -9 at {step}", partial(_dies_in_a_restore, step)) for step in RESTORE_STEPS),
        Fault("kill -9, empty disk", partial(_killed, _on_an_empty_disk)),
        Fault("kill -9, taken over", partial(_killed, _taken_over)),
        Fault("join, kill -9 of the joiner", _joined_then_joiner_killed),
        Fault("SIGTERM, restart at once", partial(_terminated, _at_once)),
        Fault("SIGTERM, restart later", partial(_terminated, _on_the_same_disk)),
        Fault("kill -9, restart at once", partial(_killed, _at_once)),
        Fault("kill -9, older disk", partial(_killed, _on_an_older_disk)),
        Fault("join", _joined),
        Fault("repeated join and leave", _joins_and_leaves),
        Fault("each leaves in turn", _each_leaves_in_turn),
        Fault("produce fails", _fails_to_produce, _at_some_produce),
        Fault("kill -9 of all", _all_killed),
        Fault("roll to a release with one more topic", _rolled, app="counter"),
        Fault("broker stopped 30 s", _broker_frozen, hurts_broker=True),
        Fault("broker kill -9, restart", _broker_killed, hurts_broker=True),
        Fault("kill -9 at a change, twice", _killed_at_a_change, app="fleet"),
        Fault("join at a change, kill -9 of the first at the next", _joined_at_a_change, app="fleet"),
    )
}


def fault_of(seed: int) -> Fault:
    """Return the kind of fault that a seed stands for: every kind comes once in a row of seeds."""
    kinds = list(FAULTS.values())
    return kinds[(seed - 1) % len(kinds)]


def session_s_of(seed: int) -> float:
    """Return the session timeout of a seed's run: short, and one in ten as in production."""
    return 10.0 if seed % 10 == 0 else 2.0 + seed % 2
