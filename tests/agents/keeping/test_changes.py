"""What a change asks for is kept and told, both or neither."""

from agents.keeping.changes import Changes
from fleet_app import topics
from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.revisions import Request, Verdict
from fleet_app.stream.declarations import Agent, AgentTask, DeadLetters, Handler
from tables.geofences import GEOFENCES
from tests.agents.fakes import FakeTask

DEPOT = Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.4, 100.0))


def bind(_task: AgentTask) -> Handler:
    return lambda _record: None


def bury(_failed: object) -> tuple[str, Geofence]:
    return "", DEPOT


AGENT = Agent(
    name="keep_something",
    reads=topics.GEOFENCE_CHANGES,
    owns=(GEOFENCES,),
    sends=(topics.GEOFENCES,),
    dead_letters=DeadLetters(topic=topics.REJECTED, write=bury),
    bind=bind,
)


def asked(*requests: Request[Geofence]) -> FakeTask:
    task = FakeTask(AGENT)
    changes = Changes(task, GEOFENCES, topics.GEOFENCES)
    for request in requests:
        changes.decide("depot", request)
    return task


def revisions_told(task: FakeTask) -> list[int | None]:
    return [None if value is None else value.revision for value in task.values(topics.GEOFENCES)]


def test_an_accepted_value_is_kept_and_told_with_its_revision() -> None:
    task = asked(Request("a", 0, DEPOT), Request("b", 1, DEPOT))

    assert task.contents["geofences"]["depot"].value.revision == 2
    assert revisions_told(task) == [1, 2]


def test_a_delete_is_a_tombstone_and_leaves_no_row() -> None:
    task = asked(Request("a", 0, DEPOT), Request("b", 1, None))

    assert task.contents["geofences"] == {}
    assert revisions_told(task) == [1, None]


def test_a_refused_change_is_kept_as_such_and_not_told() -> None:
    task = asked(Request("a", 0, DEPOT), Request("b", 0, DEPOT))

    assert [outcome.verdict for outcome in task.contents["geofences"]["depot"].outcomes] == [
        Verdict.ACCEPTED,
        Verdict.STALE,
    ]
    assert revisions_told(task) == [1]


def test_a_repeat_is_not_told_again() -> None:
    task = asked(Request("a", None, DEPOT), Request("a", None, DEPOT))

    assert revisions_told(task) == [1]


def test_what_is_asked_of_nothing_leaves_nothing() -> None:
    task = asked(Request("a", None, None), Request("b", 3, DEPOT))

    assert (task.contents["geofences"], task.sent) == ({}, [])
