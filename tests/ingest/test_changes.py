"""Changes are sent, and whoever waits is told what became of them."""

import asyncio
from typing import Any

import msgspec
import pytest
from litestar import Request as HttpRequest
from litestar import Response
from litestar.exceptions import ClientException, HTTPException
from litestar.testing import RequestFactory

from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.revisions import Outcome, Request, Standing, Verdict
from fleet_app.http.problems import ApiError, Code
from fleet_app.ingest.changes import Change, Taken, outcome_within, seen_revision, send, send_and_answer
from fleet_app.topics import GEOFENCE_CHANGES
from tests.ingest.fakes import AbsentKafka, FakeOutcomes, ListOfRecords

DEPOT = Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.4, 100.0), revision=41)
PUT = Change(topic=GEOFENCE_CHANGES, key="depot", request=Request("a", None, DEPOT), record=b"{}")
DELETE: Change[Geofence] = Change(
    topic=GEOFENCE_CHANGES, key="depot", request=Request("a", 3, None), record=b'{"delete":1}'
)
TAKEN = Taken(key="depot", topic="fleet.geofence-changes", partition=0, offset=0, request_id="a")
UNDECIDED = Standing(0, 0, ())


def decided(verdict: Verdict, revision: int) -> Standing:
    return Standing(1, revision, (Outcome("a", verdict, revision),))


def answered(change: Change[Geofence], outcomes: FakeOutcomes, *, wait: bool = True) -> Response[Any]:
    return asyncio.run(send_and_answer(change, ListOfRecords(), outcomes, wait=wait))


def waited(change: Change[Geofence], outcomes: FakeOutcomes, limit_s: float = 30.0) -> Outcome | None:
    return asyncio.run(outcome_within(change, 0, outcomes, limit_s=limit_s, pause_s=0.0))


def test_a_change_is_a_record_of_its_key_on_its_topic() -> None:
    kafka_list = ListOfRecords()

    taken = asyncio.run(send([PUT, DELETE], kafka_list))

    assert [(record.topic, record.key, record.value) for record in kafka_list.records] == [
        ("fleet.geofence-changes", "depot", b"{}"),
        ("fleet.geofence-changes", "depot", b'{"delete":1}'),
    ]
    assert [each.offset for each in taken] == [0, 1]


def test_a_kafka_that_is_away_is_service_unavailable() -> None:
    with pytest.raises(ApiError) as raised:
        asyncio.run(send([PUT], AbsentKafka()))

    assert (raised.value.problem.status, raised.value.problem.code) == (503, Code.NOT_CONFIRMED)


def test_who_does_not_wait_is_told_where_the_record_stands() -> None:
    outcomes = FakeOutcomes()
    answer = answered(PUT, outcomes, wait=False)

    assert (answer.status_code, answer.content, outcomes.asked) == (202, TAKEN, [])


def test_what_is_made_anew_is_answered_with_201_and_its_revision() -> None:
    answer = answered(PUT, FakeOutcomes([decided(Verdict.ACCEPTED, 1)], [1]))

    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    assert answer.content == Geofence(geofence_id="depot", name="Depot", shape=DEPOT.shape, revision=1)


def test_what_is_changed_is_answered_with_200() -> None:
    answer = answered(PUT, FakeOutcomes([decided(Verdict.ACCEPTED, 4)], [4]))

    assert (answer.status_code, answer.headers["ETag"], answer.content.revision) == (200, '"4"', 4)


def test_what_is_deleted_is_answered_with_204() -> None:
    answer = answered(DELETE, FakeOutcomes([Standing(1, 0, ())], [0]))

    assert (answer.status_code, answer.content) == (204, None)


@pytest.mark.parametrize("verdict", [Verdict.STALE, Verdict.OTHER_TENANT, Verdict.OVERTAKEN])
def test_what_is_refused_is_a_conflict_with_the_revision_there_is(verdict: Verdict) -> None:
    with pytest.raises(HTTPException, match="of 'depot' there is revision 7") as raised:
        answered(PUT, FakeOutcomes([decided(verdict, 7)]))

    assert (raised.value.status_code, raised.value.extra) == (409, {"revision": 7})


def test_a_conflict_over_what_is_gone_says_so() -> None:
    with pytest.raises(HTTPException, match="of 'depot' there is none") as raised:
        answered(PUT, FakeOutcomes([decided(Verdict.STALE, 0)]))

    assert raised.value.extra == {"revision": 0}


OF_NORTH = msgspec.structs.replace(PUT, request=Request("a", None, DEPOT, "north"))


def test_a_tenant_is_not_told_of_what_is_anothers() -> None:
    with pytest.raises(ApiError) as raised:
        answered(OF_NORTH, FakeOutcomes([decided(Verdict.OTHER_TENANT, 7)]))

    assert (raised.value.problem.status, raised.value.problem.code) == (404, Code.UNKNOWN_GEOFENCE)
    assert raised.value.problem.detail == "there is no geofence 'depot'"


def test_a_tenant_is_told_the_revision_of_its_own_but_not_of_what_has_overtaken_it() -> None:
    with pytest.raises(HTTPException, match="there is revision 7") as stale:
        answered(OF_NORTH, FakeOutcomes([decided(Verdict.STALE, 7)]))
    with pytest.raises(HTTPException, match="others have changed or deleted it") as overtaken:
        answered(OF_NORTH, FakeOutcomes([decided(Verdict.OVERTAKEN, 7)]))

    assert stale.value.extra == {"revision": 7}
    assert (overtaken.value.status_code, overtaken.value.extra) == (409, None)
    assert "7" not in overtaken.value.detail


def test_the_owner_is_asked_until_it_has_decided_and_the_view_until_it_shows_it() -> None:
    outcomes = FakeOutcomes([None, UNDECIDED, decided(Verdict.ACCEPTED, 2)], [None, 1, 2])

    assert waited(PUT, outcomes) == Outcome("a", Verdict.ACCEPTED, 2)
    assert outcomes.asked == [("fleet.geofence-changes", "depot")] * 3
    assert outcomes.shown == [2]


def test_a_view_that_is_further_on_shows_it_too() -> None:
    assert waited(PUT, FakeOutcomes([decided(Verdict.ACCEPTED, 2)], [5])) == Outcome("a", Verdict.ACCEPTED, 2)


def test_a_deleted_one_is_awaited_until_the_view_has_it_no_more() -> None:
    outcomes = FakeOutcomes([Standing(1, 0, ())], [3, 3, 0])

    assert waited(DELETE, outcomes) == Outcome("a", Verdict.ACCEPTED, 0)
    assert outcomes.shown == [0]


@pytest.mark.parametrize(
    "outcomes",
    [FakeOutcomes(), FakeOutcomes([UNDECIDED]), FakeOutcomes([decided(Verdict.ACCEPTED, 2)], [1])],
    ids=["nobody to ask", "not decided", "not shown"],
)
def test_what_takes_too_long_is_not_known(outcomes: FakeOutcomes) -> None:
    assert waited(PUT, outcomes, limit_s=0.01) is None


# --- the revision that was seen


def request(**headers: str) -> HttpRequest[Any, Any, Any]:
    return RequestFactory().get(headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("headers", "in_body", "seen"),
    [
        ({}, None, None),
        ({}, 0, 0),
        ({}, 3, 3),
        ({"if_match": '"3"'}, None, 3),
        ({"if_match": " 3 "}, None, 3),
        ({"if_match": '"3"'}, 3, 3),
        ({"if_none_match": "*"}, None, 0),
    ],
)
def test_the_seen_revision_stands_in_a_header_or_in_the_body(
    headers: dict[str, str], in_body: int | None, seen: int | None
) -> None:
    assert seen_revision(request(**headers), in_body) == seen


@pytest.mark.parametrize(
    ("headers", "in_body", "wrong"),
    [
        ({"if_match": "*"}, None, "If-Match"),
        ({"if_match": '"abc"'}, None, "If-Match"),
        ({"if_match": '"1", "2"'}, None, "If-Match"),
        ({"if_match": '"' + "9" * 50 + '"'}, None, "If-Match"),
        ({"if_none_match": '"3"'}, None, "If-None-Match"),
        ({"if_match": '"3"'}, 4, "revisions [03] and [34]"),
        ({"if_match": '"3"', "if_none_match": "*"}, None, "revisions [03] and [34]"),
    ],
)
def test_a_revision_that_cannot_be_used_is_a_bad_request(
    headers: dict[str, str], in_body: int | None, wrong: str
) -> None:
    with pytest.raises(ClientException, match=wrong):
        seen_revision(request(**headers), in_body)
