"""A parameter that a route does not know is refused: a misspelt filter would answer with the wrong list."""

from enum import StrEnum
from typing import Annotated

import pytest
from litestar import Litestar, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from litestar.testing import TestClient

from fleet_app.http.problems import EXCEPTION_HANDLERS
from fleet_app.http.queries import check_query


def read_span(since: Annotated[str | None, QueryParameter(name="from")] = None) -> str:
    return since or "always"


class Colour(StrEnum):
    RED = "red"


Names = Annotated[list[str] | None, QueryParameter(name="name")]
AskedColour = Annotated[Colour | None, QueryParameter()]


@get("/api/painted")
async def painted(names: Names = None, colour: AskedColour = None) -> dict[str, object]:
    return {"names": names, "colour": colour}


@get("/api/things/{kind:str}", dependencies={"span": Provide(read_span, sync_to_thread=False)})
async def things(
    kind: FromPath[str], span: NamedDependency[str], limit: Annotated[int, QueryParameter(ge=1)] = 1
) -> dict[str, object]:
    return {"kind": kind, "span": span, "limit": limit}


@post("/api/things", status_code=200)
async def make() -> None:
    """Take no parameter."""


@get("/phones")
async def phones() -> None:
    """Be asked by whoever sends what they like."""


def ask(method: str, path: str) -> tuple[int, str]:
    app = Litestar([things, painted, make, phones], guards=[check_query], exception_handlers=EXCEPTION_HANDLERS)
    with TestClient(app) as client:
        answer = client.request(method, path)
    return answer.status_code, answer.text


@pytest.mark.parametrize("query", ["", "?", "?limit=2", "?from=1&limit=2", "?from="])
def test_a_known_parameter_is_taken(query: str) -> None:
    assert ask("GET", f"/api/things/a{query}")[0] == 200


@pytest.mark.parametrize("query", ["limt=2", "since=1", "kind=b", "span=x", "limit=1&Limit=2", "limit=1&%66room=1"])
def test_an_unknown_one_is_refused_naming_those_there_are(query: str) -> None:
    status, text = ask("GET", f"/api/things/a?{query}")

    assert status == 400
    assert "no such parameter; there are: from, limit" in text


def test_the_unknown_ones_are_named() -> None:
    assert "'a', 'b\\\\n': no such parameter" in ask("GET", "/api/things/a?limit=1&b%0A=1&a=2")[1]


def test_a_route_without_parameters_takes_none() -> None:
    status, text = ask("POST", "/api/things?wait=1")

    assert status == 400
    assert "'wait': no such parameter; there is none here" in text


def test_beside_the_api_whatever_is_sent_is_left_to_the_route() -> None:
    assert ask("GET", "/phones?lat=1&battery=2")[0] == 200


@pytest.mark.parametrize("query", ["name=a&name=b", "name=null", "colour=red&name=a", "name="])
def test_a_list_may_be_given_item_by_item_and_a_text_may_be_any(query: str) -> None:
    assert ask("GET", f"/api/painted?{query}")[0] == 200


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("colour=red&colour=red", "colour: given 2 times, and only one can count"),
        ("colour=null", "colour: null is no value; leave the parameter out"),
        ("colour=NULL", "colour: null is no value; leave the parameter out"),
    ],
)
def test_a_filter_that_would_be_dropped_is_refused(query: str, sentence: str) -> None:
    status, text = ask("GET", f"/api/painted?{query}")

    assert (status, sentence in text) == (400, True)
