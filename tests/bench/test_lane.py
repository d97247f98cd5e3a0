import pytest

from fleet_app.bench.lane import LaneConfig, LaneReport, names_of, run_lane
from fleet_app.bench.load import JobName
from fleet_app.bench.readback import Names


def run(job: JobName, **changes: int) -> LaneReport:
    config = LaneConfig(
        job=job,
        vehicles=100,
        records=changes.get("records", 20_000),
        partitions=2,
        runs=1,
        commit_interval_s=0.2,
        seed=1,
        profiles=bool(changes.get("profiles")),
    )
    return run_lane(config, lambda _: None)


def test_a_run_leaves_its_changelogs_and_outputs_where_the_oracle_looks() -> None:
    assert names_of(JobName.A, "app") == Names("app-last-changelog", "app-minutes-changelog", None, "gps.refused")
    assert names_of(JobName.B, "app").told == "gps.minute"


@pytest.mark.kafka
@pytest.mark.parametrize("job", JobName)
def test_a_small_run_is_exact(job: JobName) -> None:
    report = run(job)

    assert [run.differences for run in report.runs] == [[]]
    assert report.exact
    assert report.records_per_cpu_s > 0


@pytest.mark.kafka
def test_a_profile_says_where_the_time_goes() -> None:
    profile = run(JobName.A, profiles=1).runs[0].profile

    assert profile is not None
    assert sum(line.share for line in profile.lines) > 0.5
