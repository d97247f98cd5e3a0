import os
import time
from collections.abc import Callable

import pytest

from fleet_app.bench.crew import Between, crew
from fleet_app.errors import WorkerError


def count(share: int, wait_for_times: Callable[[], Between]) -> dict[str, float]:
    """Say when it began, and what it was given."""
    between = wait_for_times()
    between.wait()
    return {"share": share, "began_s": time.time(), "pid": os.getpid()}


def fail(_share: int, _wait_for_times: Callable[[], Between]) -> dict[str, float]:
    raise SystemExit(3)


def test_all_begin_at_the_same_moment_in_processes_of_their_own() -> None:
    with crew(count, [1, 2, 3], dict[str, float]) as working:
        working.wait_until_ready()
        begins_s = time.time() + 0.2
        working.begin(Between(begins_s, begins_s))
        results = working.results(within_s=60)

    assert [result["share"] for result in results] == [1, 2, 3]
    assert all(result["began_s"] >= begins_s for result in results)
    assert len({os.getpid(), *(result["pid"] for result in results)}) == 4


def test_one_that_fails_is_not_waited_for() -> None:
    with crew(fail, [1], dict[str, float]) as working, pytest.raises(WorkerError, match="ended without its figures"):
        working.wait_until_ready()


def test_one_that_does_not_get_done_is_not_waited_for_either() -> None:
    with crew(count, [1], dict[str, float]) as working:
        working.wait_until_ready()
        with pytest.raises(WorkerError, match="not heard of"):
            working.results(within_s=0)
