import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from fleet_app.bench import usage

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    yield process
    process.communicate()


def test_a_family_is_a_process_and_what_it_started(child: subprocess.Popen[bytes]) -> None:
    assert {os.getpid(), child.pid} <= set(usage.family(os.getpid()))


def test_processor_time_is_that_of_the_process() -> None:
    before_s = time.process_time()
    counted_s = usage.cpu_s(os.getpid())

    assert counted_s == pytest.approx(before_s, abs=0.2) or counted_s > before_s


def test_a_child_that_has_ended_still_counts() -> None:
    before_s = usage.cpu_s(os.getpid())
    subprocess.run([sys.executable, "-c", BURN], check=True)

    assert usage.cpu_s(os.getpid()) - before_s >= 0.28


def test_memory_that_is_shared_counts_in_parts() -> None:
    held = usage.memory(os.getpid())

    assert 0 < held.pss_bytes <= held.rss_bytes


def test_the_peak_is_no_less_than_what_is_held() -> None:
    assert usage.peak_rss_bytes(os.getpid()) >= usage.memory(os.getpid()).rss_bytes * 0.9


def test_a_process_that_has_ended_uses_nothing() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    assert (usage.cpu_s(gone.pid), usage.peak_rss_bytes(gone.pid)) == (0.0, 0)
    assert usage.memory(gone.pid) == usage.Memory(0, 0)


def test_waiting_for_a_core_is_counted() -> None:
    assert usage.waited_s(os.getpid()) >= 0.0


def test_what_is_started_while_pinned_stays_there() -> None:
    core = min(os.sched_getaffinity(0))
    with usage.pinned({core}):
        said = subprocess.run(
            [sys.executable, "-c", "import os; print(os.sched_getaffinity(0))"], capture_output=True, check=True
        ).stdout

    assert said.decode().strip() == f"{{{core}}}"
    assert len(os.sched_getaffinity(0)) >= 1
