import pytest

from fleet_app.bench.lane import LaneConfig
from fleet_app.bench.load import JobName
from fleet_app.bench.restore import run_restore


@pytest.mark.kafka
def test_a_small_restore_is_exact() -> None:
    config = LaneConfig(
        job=JobName.A, vehicles=500, records=20_000, partitions=2, runs=2, commit_interval_s=0.2, seed=1
    )
    report = run_restore(config, lambda _: None)

    assert [run.differences for run in report.runs] == [[], []]
    assert (report.exact, report.keys_checked) == (True, 500)
    assert all(0 < run.assigned_to_running_s < run.start_to_running_s for run in report.runs)
