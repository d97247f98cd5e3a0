import msgspec
import pytest

from fleet_app.bench.figures import Sample
from fleet_app.bench.pair import Group, Moment, all_cores, now, used

A, B = "http://a", "http://b"


def group(*owns: tuple[str, tuple[int, ...]], unowned: tuple[int, ...] = (), lag: int | None = 0) -> Group:
    """Return what a worker tells when others own so much."""
    told = {"unowned": unowned, "workers": [{"url": url, "owns": parts, "lag": lag} for url, parts in owns]}
    return msgspec.convert(told, Group)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (group((A, (0,)), (B, (1,))), True),
        (group((A, (0,)), (B, (1,)), unowned=(2,)), False),
        (group((A, (0, 1)), (B, ())), False),
        (group((A, (0, 1))), False),
        (group((A, (0,)), (B, (1,)), ("http://c", (2,))), False),
    ],
)
def test_partitions_are_shared_when_just_these_workers_own_all_of_them(told: Group, *, expected: bool) -> None:
    assert told.is_shared({A, B}) is expected


@pytest.mark.parametrize(("lag", "expected"), [(0, True), (1, False), (None, False)])
def test_a_group_has_caught_up_when_nothing_waits(lag: int | None, *, expected: bool) -> None:
    assert group((A, (0,)), lag=lag).has_caught_up() is expected


def test_who_owns_what_is_told_by_worker() -> None:
    assert group((A, (0, 2)), (B, (1,))).owned() == {A: {0, 2}, B: {1}}


def test_what_a_worker_did_is_between_its_own_samples() -> None:
    samples = [Sample(at_s=float(at), cpu_s=at / 2, records=at * 10, phase="running", assigned=True) for at in range(9)]
    did = used(samples, Moment(1.5, 0.0), Moment(5.5, 0.0))

    assert (did.seconds, did.cpu_s, did.records) == (4.0, 2.0, 40)


def test_the_machine_is_never_busier_than_all_of_its_cores() -> None:
    before = Moment(now().at_s - 60, 0.0)
    after = msgspec.structs.replace(before, at_s=before.at_s + 10, busy_s=5.0 * len(all_cores()))

    assert after.busy_share(before) == pytest.approx(0.5)
    assert now().busy_s > 0
