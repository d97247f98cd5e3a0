"""A part of the campaign: every fail point once, and ten seeds, judged by the same oracles.

`make reliability` runs all of it, and `make reliability SEED=n` one of these again.
"""

from pathlib import Path

import pytest

from fleet_app.broker.testing import RunningKafka
from tests.reliability.campaign.counter import Counter
from tests.reliability.campaign.faults import EVERY_COMMIT_STEP, EVERY_RESTORE_STEP, FAULTS, Fault
from tests.reliability.campaign.fleet import Fleet
from tests.reliability.campaign.one_run import Lab, Run, run_seed
from tests.reliability.campaign.subject import Subject

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SESSION_S = 2.0
RATE_PER_S = 600

TEN_SEEDS: list[tuple[int, type[Subject], str]] = [
    (1, Counter, "kill -9, same disk"),
    (2, Fleet, "kill -9, empty disk"),
    (3, Counter, "join, kill -9 of the first"),
    (4, Fleet, "join, kill -9 of the joiner"),
    (5, Counter, "SIGSTOP longer than the session, twice"),
    (6, Fleet, "SIGTERM, restart at once"),
    (7, Counter, "produce fails"),
    (8, Fleet, "each leaves in turn"),
    (9, Counter, "roll to a release with one more topic"),
    (10, Fleet, "kill -9 of all"),
]


@pytest.fixture
def lab(kafka: RunningKafka, tmp_path: Path) -> Lab:
    """The session's broker; no fault here hurts it."""
    return Lab(tmp_path, kafka)


def run(seed: int, subject: type[Subject], fault: Fault, lab: Lab, folder: Path) -> Run:
    run_folder = folder / f"seed-{seed}"
    run_folder.mkdir()
    return run_seed(seed, subject(), fault, lab, run_folder, session_s=SESSION_S, rate_per_s=RATE_PER_S)


def found(run: Run) -> tuple[int, int, int, list[str]]:
    return run.lost, run.doubled, run.wrong, run.sentences


@pytest.mark.parametrize(("subject", "fault"), [(Counter, EVERY_COMMIT_STEP), (Fleet, EVERY_RESTORE_STEP)])
def test_a_worker_may_die_at_every_step(subject: type[Subject], fault: Fault, lab: Lab, tmp_path: Path) -> None:
    assert found(run(1, subject, fault, lab, tmp_path)) == (0, 0, 0, [])


@pytest.mark.parametrize(("seed", "subject", "fault"), TEN_SEEDS)
def test_nothing_is_lost_or_doubled(seed: int, subject: type[Subject], fault: str, lab: Lab, tmp_path: Path) -> None:
    assert found(run(seed, subject, FAULTS[fault], lab, tmp_path)) == (0, 0, 0, [])
