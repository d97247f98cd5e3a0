"""What the agent does with one change, against dicts and lists."""

import msgspec
import pytest

from agents.keep_api_keys import KEEP_API_KEYS
from fleet_app.domain.access.api_key import ApiKey, Secret
from fleet_app.domain.access.rights import Role
from fleet_app.domain.access.tokens import digest_of
from fleet_app.domain.refusals import Reason
from fleet_app.domain.revisions import Verdict
from fleet_app.records.api_key_change import ApiKeyChange
from fleet_app.stream.declarations import PlainRecord
from fleet_app.topics import API_KEYS, REJECTED
from tests.agents.fakes import FakeTask

OFFICE = ApiKey(
    key_id="k1",
    name="Office",
    role=Role.ADMIN,
    tenant="north",
    secrets=(Secret(sha256=digest_of("open-sesame"), created_ms=1),),
)


@pytest.fixture
def task() -> FakeTask:
    return FakeTask(KEEP_API_KEYS)


def change(
    request_id: str, seen: int | None, key: ApiKey | None, key_id: bytes = b"k1", tenant: str | None = None
) -> PlainRecord:
    asked = ApiKeyChange(request_id=request_id, seen_revision=seen, api_key=key, tenant=tenant)
    return PlainRecord(42, 1_800_000_000_000, key_id, msgspec.json.encode(asked))


def refusals(task: FakeTask) -> list[tuple[Reason, str]]:
    return [(rejected.reason, rejected.detail) for rejected in task.values(REJECTED)]


def verdicts(task: FakeTask) -> list[Verdict]:
    return [outcome.verdict for outcome in task.contents["api_keys"]["k1"].outcomes]


def test_an_accepted_key_is_kept_and_told_with_its_revision(task: FakeTask) -> None:
    task.receive(change("a", 0, OFFICE))
    task.receive(change("b", 1, OFFICE))

    assert task.contents["api_keys"]["k1"].value == msgspec.structs.replace(OFFICE, revision=2)
    assert task.sent == [(API_KEYS, "k1", msgspec.structs.replace(OFFICE, revision=revision)) for revision in (1, 2)]


def test_a_revoked_key_is_a_tombstone_and_has_no_row(task: FakeTask) -> None:
    task.receive(change("a", None, OFFICE))
    task.receive(change("b", 1, None))

    assert task.contents["api_keys"] == {}
    assert task.sent[-1] == (API_KEYS, "k1", None)


def test_a_stale_change_is_refused_and_not_told(task: FakeTask) -> None:
    task.receive(change("a", 0, OFFICE))
    task.receive(change("b", 0, OFFICE))

    assert verdicts(task) == [Verdict.ACCEPTED, Verdict.STALE]
    assert len(task.sent) == 1


def test_another_tenants_admin_changes_nothing_whatever_revision_it_names(task: FakeTask) -> None:
    task.receive(change("a", 0, OFFICE))
    task.receive(change("b", 7, None, tenant="south"))

    assert verdicts(task) == [Verdict.ACCEPTED, Verdict.OTHER_TENANT]
    assert len(task.sent) == 1


def test_a_device_key_without_devices_is_refused_with_a_sentence(task: FakeTask) -> None:
    task.receive(change("a", None, msgspec.structs.replace(OFFICE, role=Role.DEVICE)))

    ((reason, detail),) = refusals(task)
    assert reason is Reason.OUT_OF_RANGE
    assert detail.startswith("devices: a device key names the ids")
    assert task.contents["api_keys"] == {}


def test_a_key_of_three_secrets_is_refused(task: FakeTask) -> None:
    task.receive(change("a", None, msgspec.structs.replace(OFFICE, secrets=OFFICE.secrets * 3)))

    assert [reason for reason, _ in refusals(task)] == [Reason.OUT_OF_RANGE]


def test_a_key_under_anothers_id_is_a_dead_letter(task: FakeTask) -> None:
    task.receive(change("a", None, OFFICE, b"k2"))

    assert [reason for reason, _ in refusals(task)] == [Reason.MISKEYED]


@pytest.mark.parametrize("key_id", [b"", b"K1", b"k.1", b"\xff"])
def test_an_id_that_no_key_can_have_is_a_dead_letter(task: FakeTask, key_id: bytes) -> None:
    task.receive(change("a", None, None, key_id))

    assert len(refusals(task)) == 1
    assert len(task.sent) == 1


def test_a_change_in_the_wrong_partition_is_sent_on_and_leaves_no_trace(task: FakeTask) -> None:
    task.strangers = {"k1"}
    stranger = change("a", None, OFFICE)
    task.receive(stranger)

    assert task.rekeyed == [(stranger, "k1")]
    assert (task.sent, task.contents["api_keys"]) == ([], {})


def test_a_restart_changes_nothing(task: FakeTask) -> None:
    task.receive(change("a", None, OFFICE))
    task.restart()
    task.receive(change("a", None, OFFICE))
    task.receive(change("b", 1, OFFICE))

    assert [value.revision for value in task.values(API_KEYS)] == [1, 2]
