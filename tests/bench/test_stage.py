from pathlib import Path

import pytest

from fleet_app.bench.stage import Cores, Stage, default_settings, require_time, settings_of, share_cores
from fleet_app.errors import WorkerError
from fleet_app.settings import Settings


@pytest.mark.parametrize(
    ("available", "broker", "worker", "are_apart"),
    [({0, 1}, {0}, {1}, True), ({3, 5, 7}, {3}, {5}, True), ({2}, {2}, {2}, False)],
)
def test_broker_and_worker_get_a_core_each_where_there_are_two(
    available: set[int], broker: set[int], worker: set[int], *, are_apart: bool
) -> None:
    cores = share_cores(available)

    assert (set(cores.broker), set(cores.worker), cores.are_apart) == (broker, worker, are_apart)


def test_a_worker_is_set_up_by_the_benchmark_and_not_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEET_SESSION_TIMEOUT_S", "77")
    monkeypatch.setenv("FLEET_API_KEY", "0123456789abcdef")
    cores = Cores(broker=frozenset({0}), worker=frozenset({1}))
    place = Stage(folder=tmp_path, broker="127.0.0.1:1", cores=cores, cache_dir=tmp_path)

    settings = settings_of(place, run="run-1", partitions=16, commit_interval_s=0.25)

    assert settings.session_timeout_s == Settings.model_fields["session_timeout_s"].default
    assert (settings.api_key, settings.partitions, settings.commit_interval_s) == (None, 16, 0.25)
    assert (settings.app_id, settings.worker_dir.is_relative_to(tmp_path)) == ("bench-run-1", True)


def test_settings_that_are_not_said_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_REORDER_S", "77")

    settings = default_settings(max_age_s=3.0)

    assert settings.reorder_s == Settings.model_fields["reorder_s"].default
    assert settings.max_age_s == 3.0


def test_time_that_is_over_ends_a_wait() -> None:
    require_time(5.0, "not in time", clock=lambda: 5.0)

    with pytest.raises(WorkerError, match="not in time"):
        require_time(5.0, "not in time", clock=lambda: 5.1)
