"""What the agent does with one change, against dicts and lists."""

import msgspec
import pytest

from agents.keep_geofences import KEEP_GEOFENCES
from fleet_app.domain.geofences.geofence import Circle, Geofence, Polygon
from fleet_app.domain.refusals import Reason
from fleet_app.domain.revisions import Verdict
from fleet_app.records.geofence_change import GeofenceChange
from fleet_app.stream.declarations import REKEYED, PlainRecord
from fleet_app.topics import GEOFENCES, REJECTED
from tests.agents.fakes import FakeTask

DEPOT = Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.4, 100.0))


@pytest.fixture
def task() -> FakeTask:
    return FakeTask(KEEP_GEOFENCES)


def record(value: bytes | None, key: bytes | None = b"depot", *headers: tuple[str, bytes]) -> PlainRecord:
    return PlainRecord(42, 1_800_000_000_000, key, value, headers)


def change(
    request_id: str, seen: int | None, geofence: Geofence | None, key: bytes = b"depot", *headers: tuple[str, bytes]
) -> PlainRecord:
    asked = GeofenceChange(request_id=request_id, seen_revision=seen, geofence=geofence)
    return record(msgspec.json.encode(asked), key, *headers)


def reasons(task: FakeTask) -> list[Reason]:
    return [rejected.reason for rejected in task.values(REJECTED)]


def test_an_accepted_geofence_is_kept_and_told_with_its_revision(task: FakeTask) -> None:
    task.receive(change("a", 0, DEPOT))
    task.receive(change("b", 1, DEPOT))

    assert task.contents["geofences"]["depot"].value == msgspec.structs.replace(DEPOT, revision=2)
    assert [(value.geofence_id, value.revision) for value in task.values(GEOFENCES)] == [("depot", 1), ("depot", 2)]
    assert {key for _, key, _ in task.sent} == {"depot"}


def test_a_deleted_geofence_is_a_tombstone_and_has_no_row(task: FakeTask) -> None:
    task.receive(change("a", None, DEPOT))
    task.receive(change("b", None, None))

    assert task.contents["geofences"] == {}
    assert task.sent[-1] == (GEOFENCES, "depot", None)


def test_a_stale_change_is_refused_and_not_told(task: FakeTask) -> None:
    task.receive(change("a", None, DEPOT))
    task.receive(change("b", 7, None))

    (_, refused) = task.contents["geofences"]["depot"].outcomes
    assert (refused.verdict, refused.revision, len(task.sent)) == (Verdict.STALE, 1, 1)


def test_a_geofence_does_not_move_to_another_tenant(task: FakeTask) -> None:
    task.receive(change("a", None, DEPOT))
    task.receive(change("b", None, msgspec.structs.replace(DEPOT, tenant="others")))

    assert task.contents["geofences"]["depot"].value.tenant == "default"
    assert len(task.sent) == 1


@pytest.mark.parametrize(
    ("value", "key", "reason"),
    [
        (None, b"depot", Reason.MALFORMED),
        (b"{", b"depot", Reason.MALFORMED),
        (b"{}", b"depot", Reason.MISSING_FIELD),
        (b'{"request_id":"a","seen_revision":null,"geofence":{"geofence_id":"depot"}}', b"depot", Reason.MISSING_FIELD),
        (b'{"request_id":"a","seen_revision":null,"geofence":null}', None, Reason.OUT_OF_RANGE),
        (b'{"request_id":"a","seen_revision":null,"geofence":null}', b"a/b", Reason.OUT_OF_RANGE),
        (b'{"request_id":"a","seen_revision":null,"geofence":null}', b"\0depot", Reason.OUT_OF_RANGE),
    ],
)
def test_what_is_no_change_is_a_dead_letter_and_leaves_no_trace(
    task: FakeTask, value: bytes | None, key: bytes | None, reason: Reason
) -> None:
    task.receive(record(value, key))

    assert reasons(task) == [reason]
    assert (task.contents["geofences"], len(task.sent)) == ({}, 1)


def test_a_geofence_that_cannot_be_drawn_is_a_dead_letter_that_says_why(task: FakeTask) -> None:
    bow_tie = Polygon((((13.0, 52.0), (13.1, 52.1), (13.1, 52.0), (13.0, 52.1), (13.0, 52.0)),))
    task.receive(change("a", None, msgspec.structs.replace(DEPOT, shape=bow_tie)))

    (rejected,) = task.values(REJECTED)
    assert (rejected.reason, task.contents["geofences"]) == (Reason.OUT_OF_RANGE, {})
    assert "crosses" in rejected.detail


def test_a_geofence_under_anothers_key_is_a_dead_letter(task: FakeTask) -> None:
    task.receive(change("a", None, DEPOT, b"yard"))

    assert reasons(task) == [Reason.MISKEYED]
    assert task.contents["geofences"] == {}


def test_a_change_in_the_wrong_partition_is_sent_on_and_leaves_no_trace(task: FakeTask) -> None:
    task.strangers = {"depot"}
    stranger = change("a", None, DEPOT)
    task.receive(stranger)

    assert task.rekeyed == [(stranger, "depot")]
    assert (task.sent, task.contents["geofences"]) == ([], {})


def test_a_change_that_was_sent_on_and_is_not_home_yet_is_a_dead_letter(task: FakeTask) -> None:
    task.strangers = {"depot"}
    task.receive(change("a", None, DEPOT, b"depot", (REKEYED, b"5")))

    assert reasons(task) == [Reason.MISKEYED]


def test_a_restart_changes_nothing(task: FakeTask) -> None:
    task.receive(change("a", None, DEPOT))
    task.restart()
    task.receive(change("a", None, DEPOT))
    task.receive(change("b", 1, DEPOT))

    assert [value.revision for value in task.values(GEOFENCES)] == [1, 2]


def test_whoever_asks_for_another_tenant_changes_nothing(task: FakeTask) -> None:
    task.receive(change("a", 0, DEPOT))
    asked = GeofenceChange(request_id="b", seen_revision=None, geofence=None, tenant="others")
    task.receive(record(msgspec.json.encode(asked)))

    kept = task.contents["geofences"]["depot"]
    assert [outcome.verdict for outcome in kept.outcomes] == [Verdict.ACCEPTED, Verdict.OTHER_TENANT]
    assert len(task.sent) == 1
