import pytest

from fleet_app.bench.positions import PositionsConfig, PositionsReport, run_positions


def run(*, profiles: bool) -> PositionsReport:
    config = PositionsConfig(
        vehicles=100,
        fixes_per_vehicle=100,
        interval_s=5,
        partitions=2,
        runs=1,
        commit_interval_s=0.2,
        seed=1,
        profiles=profiles,
    )
    return run_positions(config, lambda _: None)


@pytest.mark.kafka
def test_a_whole_worker_accounts_for_every_position() -> None:
    report = run(profiles=False)

    assert [run.differences for run in report.runs] == [[]]
    assert report.exact
    assert report.records >= 10_000
    assert report.fixes_per_cpu_s > 0


@pytest.mark.kafka
def test_a_profile_says_where_the_workers_time_goes() -> None:
    profile = run(profiles=True).runs[0].profile

    assert profile is not None
    assert any(function.function == "_Tracker.track" for function in profile.functions)
