"""What is scraped is what the registry of metrics says."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fleet_app import metrics
from fleet_app.metrics import METRICS, Exposition, Kind
from fleet_app.stream.reads import Duty, Phase, RestoreProgress, SourceProgress, TaskState, ViewReport
from tests.web.fakes import NOW_MS, FakeMembership, FakeViews, Group, task

API_PAGE = Path(__file__).parents[1] / "docs" / "api.md"


def scraped() -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Return the samples of a worker that owns 0 and 2, by name and labels."""
    group = Group()
    membership = FakeMembership(group, "http://127.0.0.1:1", Phase.RUNNING)
    group.give(membership.url, [0, 2])
    membership.tasks_now = [
        task(0, SourceProgress(topic="t", position=5, end=9), committed_ms=NOW_MS - 2_500),
        task(2, SourceProgress(topic="t", position=None, end=9), state=TaskState.RESTORING),
        task(3, duty=Duty.STANDBY, restore=RestoreProgress(done=40, total=100)),
    ]
    views = FakeViews()
    views.reports_now = [ViewReport(topic="places", keys=7, lag=2, told_age_s=0.5, refused=1)]
    samples: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(Exposition(membership, views, lambda: NOW_MS / 1000).text().decode()):
        for sample in family.samples:
            samples.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return samples


def test_a_scrape_tells_where_the_worker_stands() -> None:
    samples = scraped()

    assert samples["fleet_worker_partitions_owned"] == {(): 2}
    assert samples["fleet_worker_phase"][(("phase", "running"),)] == 1
    assert sum(samples["fleet_worker_phase"].values()) == 1
    assert samples["fleet_source_lag_records"] == {(("partition", "0"), ("topic", "t")): 4}
    assert samples["fleet_source_position"] == {(("partition", "0"), ("topic", "t")): 5}
    assert samples["process_resident_memory_bytes"][()] > 0


def test_a_scrape_tells_where_each_task_stands() -> None:
    samples = scraped()
    states = {tuple(value for _, value in labels) for labels, on in samples["fleet_task_state"].items() if on}

    assert states == {("owner", "0", "running"), ("owner", "2", "restoring"), ("standby", "3", "running")}
    assert samples["fleet_task_seconds_since_commit"] == {(("partition", "0"),): 2.5}
    assert samples["fleet_task_restore_done_offsets"][("duty", "standby"), ("partition", "3")] == 40
    assert samples["fleet_task_restore_total_offsets"][("duty", "standby"), ("partition", "3")] == 100


def test_a_scrape_tells_how_fresh_each_global_view_is() -> None:
    samples = scraped()

    assert samples["fleet_view_keys"] == {(("topic", "places"),): 7}
    assert samples["fleet_view_lag_records"] == {(("topic", "places"),): 2}
    assert samples["fleet_view_told_age_seconds"] == {(("topic", "places"),): 0.5}


def test_every_metric_that_is_scraped_is_declared() -> None:
    metrics.POSITIONS_REFUSED.labels("malformed").inc()
    metrics.DOOR_POSITIONS.labels("http", "accepted").inc()
    metrics.HTTP_REQUESTS.labels("GET", "/", "200").inc()
    metrics.RECORDS_HANDLED.labels("t").inc()
    metrics.VIEW_RECORDS_REFUSED.labels("t").inc()
    metrics.VEHICLES_FORGOTTEN.labels("asked").inc()
    metrics.DEAD_LETTERS.labels("t").inc()
    metrics.LIVE_CATCH_UPS.labels("snapshot").inc()
    metrics.HTTP_SECONDS.labels("/").observe(0.1)

    plain = {metric.name for metric in METRICS if metric.kind is not Kind.HISTOGRAM}
    spread = {
        f"{metric.name}_{part}"
        for metric in METRICS
        if metric.kind is Kind.HISTOGRAM
        for part in ("bucket", "count", "sum")
    }
    assert {name for name in scraped() if not name.startswith("process_")} == plain | spread


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_documents_list_every_metric(metric: metrics.Metric) -> None:
    labels = ", ".join(f"`{label}`" for label in metric.labels)

    assert f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} |" in API_PAGE.read_text()
