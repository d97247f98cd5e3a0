"""What the agent does with one change, against dicts and lists."""

import msgspec
import pytest

from agents.keep_vehicle_profiles import KEEP_VEHICLE_PROFILES
from fleet_app.domain.profiles.profile import DeviceSpan, VehicleProfile
from fleet_app.domain.refusals import Reason
from fleet_app.domain.revisions import Verdict
from fleet_app.records.profile_change import ProfileChange
from fleet_app.stream.declarations import PlainRecord
from fleet_app.topics import REJECTED, VEHICLE_PROFILES
from tests.agents.fakes import FakeTask

VAN = VehicleProfile(vehicle_id="van-7", name="Van 7", devices=(DeviceSpan("phone-7"),))


@pytest.fixture
def task() -> FakeTask:
    return FakeTask(KEEP_VEHICLE_PROFILES)


def change(request_id: str, seen: int | None, profile: VehicleProfile | None, key: bytes = b"van-7") -> PlainRecord:
    asked = ProfileChange(request_id=request_id, seen_revision=seen, profile=profile)
    return PlainRecord(42, 1_800_000_000_000, key, msgspec.json.encode(asked))


def refusals(task: FakeTask) -> list[tuple[Reason, str]]:
    return [(rejected.reason, rejected.detail) for rejected in task.values(REJECTED)]


def test_an_accepted_profile_is_kept_and_told_with_its_revision(task: FakeTask) -> None:
    task.receive(change("a", 0, VAN))
    task.receive(change("b", 1, VAN))

    assert task.contents["vehicle_profiles"]["van-7"].value == msgspec.structs.replace(VAN, revision=2)
    assert task.sent == [
        (VEHICLE_PROFILES, "van-7", msgspec.structs.replace(VAN, revision=revision)) for revision in (1, 2)
    ]


def test_a_deleted_profile_is_a_tombstone_and_has_no_row(task: FakeTask) -> None:
    task.receive(change("a", None, VAN))
    task.receive(change("b", 1, None))

    assert task.contents["vehicle_profiles"] == {}
    assert task.sent[-1] == (VEHICLE_PROFILES, "van-7", None)


def test_a_stale_change_is_refused_and_not_told(task: FakeTask) -> None:
    task.receive(change("a", 0, VAN))
    task.receive(change("b", 0, VAN))

    outcomes = task.contents["vehicle_profiles"]["van-7"].outcomes
    assert [outcome.verdict for outcome in outcomes] == [Verdict.ACCEPTED, Verdict.STALE]
    assert len(task.sent) == 1


def test_a_device_that_is_in_twice_at_once_is_refused_with_a_sentence(task: FakeTask) -> None:
    twice = msgspec.structs.replace(VAN, devices=(DeviceSpan("phone-7"), DeviceSpan("phone-7", 5)))
    task.receive(change("a", None, twice))

    ((reason, detail),) = refusals(task)
    assert reason is Reason.OUT_OF_RANGE
    assert detail.startswith("devices: 'phone-7' is in twice at once, from 0 and from 5")
    assert task.contents["vehicle_profiles"] == {}


def test_a_profile_under_anothers_key_is_a_dead_letter(task: FakeTask) -> None:
    task.receive(change("a", None, VAN, b"van-8"))

    assert [reason for reason, _ in refusals(task)] == [Reason.MISKEYED]


@pytest.mark.parametrize("key", [b"", b"a/b", b"\xff"])
def test_an_id_that_no_vehicle_can_have_is_a_dead_letter(task: FakeTask, key: bytes) -> None:
    task.receive(change("a", None, None, key))

    assert len(refusals(task)) == 1
    assert len(task.sent) == 1


def test_a_change_in_the_wrong_partition_is_sent_on_and_leaves_no_trace(task: FakeTask) -> None:
    task.strangers = {"van-7"}
    stranger = change("a", None, VAN)
    task.receive(stranger)

    assert task.rekeyed == [(stranger, "van-7")]
    assert (task.sent, task.contents["vehicle_profiles"]) == ([], {})


def test_a_restart_changes_nothing(task: FakeTask) -> None:
    task.receive(change("a", None, VAN))
    task.restart()
    task.receive(change("a", None, VAN))
    task.receive(change("b", 1, VAN))

    assert [value.revision for value in task.values(VEHICLE_PROFILES)] == [1, 2]


def test_whoever_asks_for_another_tenant_changes_nothing(task: FakeTask) -> None:
    task.receive(change("a", 0, VAN))
    asked = ProfileChange(request_id="b", seen_revision=None, profile=None, tenant="others")
    task.receive(PlainRecord(43, 1_800_000_000_000, b"van-7", msgspec.json.encode(asked)))

    kept = task.contents["vehicle_profiles"]["van-7"]
    assert [outcome.verdict for outcome in kept.outcomes] == [Verdict.ACCEPTED, Verdict.OTHER_TENANT]
    assert len(task.sent) == 1
