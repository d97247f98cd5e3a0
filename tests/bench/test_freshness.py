import pytest

from fleet_app.bench.freshness import FreshnessConfig, run_freshness


@pytest.mark.kafka
@pytest.mark.slow
def test_every_record_of_an_open_loop_is_seen_in_the_state_and_probes_over_http() -> None:
    config = FreshnessConfig(rates=(500,), seconds=2, vehicles=100, partitions=2, commit_interval_s=0.2, seed=1)
    report = run_freshness(config, lambda _: None)
    run = report.runs[0]

    assert report.exact
    assert run.in_state.count == 1_000
    assert run.over_http.count == run.round_trip.count >= 90
    assert 0 < run.in_state.p50 <= run.in_state.p99
    assert run.over_http.p50 > 0
