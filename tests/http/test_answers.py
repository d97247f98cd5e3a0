"""What a route says about its answers, and how a client knows one again."""

from http import HTTPStatus
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Response
from litestar.openapi.spec import OpenAPIResponse, Parameter
from litestar.testing import RequestFactory

from fleet_app.http.answers import (
    Documented,
    answers,
    json_answer,
    revision_answer,
    tagged,
    tagged_answers,
)
from fleet_app.http.problems import CONTENT_TYPE, Problem

ANY_ROUTE = {400, 401, 403, 421, 429}
BODY = b'{"vehicle_id":"van-1","age_s":1.5,"received_age_s":null,"late":0}'
LATER = b'{"vehicle_id":"van-1","age_s":-2,"received_age_s":7e3,"late":0}'
MOVED = b'{"vehicle_id":"van-1","age_s":1.5,"received_age_s":null,"late":1}'


class Model(msgspec.Struct):
    pass


def test_success_is_described_by_the_routes_own_model() -> None:
    assert answers(Model)[HTTPStatus.OK].data_container is Model


def test_every_route_can_refuse_a_request() -> None:
    assert set(answers(Model)) == {200, *ANY_ROUTE}


@pytest.mark.parametrize("status", [HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_REQUEST])
def test_an_error_is_described_as_a_problem(status: HTTPStatus) -> None:
    told = answers(Model, status)[status]

    assert (told.data_container, told.media_type, told.description) == (Problem, CONTENT_TYPE, status.phrase)


def test_an_answer_that_has_a_tag_may_be_unchanged() -> None:
    told = tagged_answers(Model)

    assert set(told) == {200, 304, *ANY_ROUTE}
    assert told[304].data_container is None


def asked(*known: str, body: bytes = BODY) -> Response[bytes]:
    """Return the answer to a client that has the answers with these tags."""
    headers = {"If-None-Match": ", ".join(known)} if known else {}
    return tagged(RequestFactory().get("/", headers=headers), json_answer(body))


def test_an_answer_has_a_weak_tag() -> None:
    answer = asked()

    assert (answer.status_code, answer.content, answer.media_type) == (200, BODY, "application/json")
    assert answer.headers["ETag"].startswith('W/"')


def test_what_a_client_has_already_is_not_sent_again() -> None:
    tag = asked().headers["ETag"]
    answer = asked('"other"', tag)

    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize("known", ["*", " * ", 'W/"{}"', '"{}"', '"a,b", W/"{}"'])
def test_tags_are_compared_weakly(known: str) -> None:
    opaque = asked().headers["ETag"].removeprefix('W/"').removesuffix('"')

    assert asked(known.replace("{}", opaque)).status_code == 304


@pytest.mark.parametrize("known", ['""', "W/", "no-quotes", '"other"', 'w/"*"'])
def test_another_tag_is_not_the_same(known: str) -> None:
    assert asked(known).status_code == 200


def test_ages_change_by_themselves_and_leave_the_tag_as_it_is() -> None:
    assert asked(body=LATER).headers["ETag"] == asked().headers["ETag"]
    assert asked(body=MOVED).headers["ETag"] != asked().headers["ETag"]


@given(st.text(), st.text())
def test_what_a_text_says_is_never_taken_for_an_age(one: str, other: str) -> None:
    told, else_told = ({"name": f'x","age_s":{text}'} for text in (one, other))
    tags = [asked(body=msgspec.json.encode(each)).headers["ETag"] for each in (told, else_told)]

    assert (tags[0] == tags[1]) == (one == other)


def test_what_has_a_revision_has_it_as_its_tag() -> None:
    answer = tagged(RequestFactory().get("/"), revision_answer(b"{}", 3))
    unchanged = tagged(RequestFactory().get("/", headers={"If-None-Match": '"3"'}), revision_answer(b"{}", 3))

    assert (answer.status_code, answer.headers["ETag"], unchanged.status_code) == (200, '"3"', 304)


@pytest.mark.parametrize("status", [404, 503])
def test_what_is_no_success_has_no_tag_and_is_sent(status: int) -> None:
    failure = Response(b"{}", status_code=status)
    answer = tagged(RequestFactory().get("/", headers={"If-None-Match": "*"}), failure)

    assert (answer.status_code, "ETag" in answer.headers) == (status, False)


def documented(*statuses: str) -> Documented:
    return Documented(responses={status: OpenAPIResponse(description="") for status in statuses})


def header_names(operation: Documented) -> dict[str, set[str]]:
    given: dict[str, Any] = operation.responses or {}
    return {status: set(answer.headers) for status, answer in given.items()}


def test_the_document_names_the_headers_of_refusals() -> None:
    assert header_names(documented("200", "401", "404", "429", "503")) == {
        "200": set(),
        "401": {"WWW-Authenticate"},
        "404": set(),
        "429": {"Retry-After"},
        "503": {"Retry-After"},
    }


def test_the_document_names_the_tag_and_how_to_ask_with_it() -> None:
    operation = documented("200", "304", "404")

    assert header_names(operation) == {"200": {"ETag"}, "304": {"ETag"}, "404": set()}
    assert [each.name for each in cast("list[Parameter]", operation.parameters)] == ["If-None-Match"]
    assert documented("200").parameters is None
