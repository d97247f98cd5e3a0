import pytest

from fleet_app.bench.live import PACES, VIEWPORTS, WATCHER_PROCESSES, LiveConfig, run_live, shares


def test_one_client_of_each_process_watches_all_and_looks_how_old_it_is() -> None:
    for share in shares("http://a", 50, 10):
        (looks,) = [watching for watching in share if watching.times]

        assert looks.query == "format=packed&fields=map&rate=10"
        assert len(share) == 50 // WATCHER_PROCESSES


def test_every_part_of_the_map_is_watched() -> None:
    queries = {watching.query for share in shares("http://a", 50, 1) for watching in share}

    assert len(queries) == len(VIEWPORTS)


@pytest.mark.kafka
@pytest.mark.slow
def test_what_clients_are_shown_is_measured_at_both_paces() -> None:
    config = LiveConfig(vehicles=50, interval_s=1, clients=4, seconds=2, partitions=2, seed=1, profiles=True)
    report = run_live(config, lambda _: None)

    assert report.exact, report.differences
    assert [run.pace for run in report.runs] == list(PACES)
    for run in report.runs:
        assert run.watched.age.count > 0
        assert run.beside_one_that_never_reads.age.count > 0
        assert run.watched.kb_per_s_of_all > 0
        assert run.profile is not None
