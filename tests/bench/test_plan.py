import pickle
from pathlib import Path

from fleet_app.bench.load import JobName
from fleet_app.bench.plan import Plan


def test_a_plan_goes_to_another_process_as_it_is() -> None:
    plan = Plan(job=JobName.B, notes=Path("notes"), sample_every_s=0.5)

    assert pickle.loads(pickle.dumps(plan)) == plan  # noqa: S301 - our own bytes
