import pytest

from fleet_app.bench.api import READER_PROCESSES, ApiConfig, run_api, shares
from fleet_app.bench.load import vehicle_id
from fleet_app.stream.partitioning import partition_of

KEYS = [vehicle_id(number) for number in range(100)]
OWNED = {"http://a": frozenset({0, 1}), "http://b": frozenset({2, 3})}


@pytest.mark.parametrize("is_local", [True, False])
def test_a_connection_asks_for_vehicles_of_the_worker_it_asks_or_for_the_others(*, is_local: bool) -> None:
    askings = [asking for share in shares(KEYS, OWNED, 4, 8, is_local=is_local) for asking in share]

    for asking in askings:
        asked = {path.removeprefix("/api/vehicles/") for path in asking.paths}
        expected = {key for key in KEYS if (partition_of(key.encode(), 4) in OWNED[asking.url]) == is_local}

        assert asked == expected
    assert len({asking.paths[0] for asking in askings}) == len(askings)


def test_both_workers_are_asked_by_as_many_connections_of_each_process() -> None:
    askings = shares(KEYS, OWNED, 4, 8, is_local=True)

    assert [sorted(asking.url for asking in share) for share in askings] == [
        ["http://a", "http://a", "http://b", "http://b"]
    ] * READER_PROCESSES


@pytest.mark.kafka
@pytest.mark.slow
def test_reads_are_measured_while_positions_stream_and_a_scan_lists_every_vehicle() -> None:
    config = ApiConfig(
        vehicles=50,
        interval_s=1,
        clients=4,
        seconds=2,
        scanned=1_500,
        partitions=2,
        runs=1,
        commit_interval_s=0.2,
        seed=1,
        profiles=True,
    )
    report = run_api(config, lambda _: None)
    (run,) = report.runs

    assert report.exact, report.differences
    assert report.scan is not None
    assert (report.scan.vehicles, report.scan.pages) == (1_500, 2)
    assert run.local.took.count > 0
    assert run.forwarded.took.count > 0
    assert run.local.positions_per_s > 0
    assert report.point_reads_per_s == run.local.reads_per_s
    assert len(run.profiles) == 2
