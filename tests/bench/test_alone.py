import pytest

from fleet_app.bench.alone import job_alone
from fleet_app.bench.load import JobName


@pytest.mark.parametrize("job", JobName)
def test_a_job_runs_without_an_engine(job: JobName) -> None:
    assert job_alone(job, seed=1) > 0
