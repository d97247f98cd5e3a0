import msgspec
import pytest

from fleet_app.bench import job_a, job_b
from fleet_app.bench.fixes import Minute
from fleet_app.bench.load import JobName
from fleet_app.bench.oracle import Counts, Outcome, Vehicle
from fleet_app.bench.readback import Left, UnexpectedBytesError, outcome_of

AT = 1_767_225_600_000


def test_what_job_a_stores_is_read_as_an_outcome() -> None:
    last = job_a.Last(AT + 5, 50.0, 8.0, 10.0, 7.5, AT, 2, 7.5, 20.0)
    left = Left(
        last={b"v-1": job_a.LAST.encode(last)},
        minutes={job_a.MINUTES.keys.encode(("v-1", AT)): job_a.MINUTES.encode(Minute(12, 1.5, 3.0))},
        told=[],
        refused=[b"", b""],
    )

    assert outcome_of(JobName.A, left) == Outcome(
        vehicles={"v-1": Vehicle(AT + 5, 50.0, 8.0, 10.0, 7.5, 0, {AT: Counts(2, 7.5, 20.0)})},
        minutes={("v-1", AT): Counts(12, 1.5, 3.0)},
        told={},
        refused=2,
    )


def test_what_job_b_stores_and_tells_is_read_as_an_outcome() -> None:
    last = job_b.Last(AT + 5, 50.0, 8.0, 10.0, 7.5, 3, (job_b.Open(AT, 2, 7.5, 20.0),))
    told = msgspec.json.encode(job_b.Closed("v-1", AT, 12, 1.5, 3.0))
    left = Left(last={b"v-1": job_b.LAST.encode(last)}, minutes={}, told=[told, told], refused=[])

    assert outcome_of(JobName.B, left) == Outcome(
        vehicles={"v-1": Vehicle(AT + 5, 50.0, 8.0, 10.0, 7.5, 3, {AT: Counts(2, 7.5, 20.0)})},
        minutes={},
        told={("v-1", AT): [Counts(12, 1.5, 3.0)] * 2},
        refused=0,
    )


def test_a_value_of_another_version_is_not_guessed_at() -> None:
    with pytest.raises(UnexpectedBytesError, match="version 2"):
        outcome_of(JobName.A, Left({b"v-1": b"\x02\x90"}, {}, [], []))
