"""The API as a whole: what it says about itself is what it is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from fleet_app.web.page_routes import PAGE_FILES
from tests.web.fakes import KEY, Group, Pair, worker

pytestmark = pytest.mark.anyio
API_PAGE = Path(__file__).parents[2] / "docs" / "api.md"


async def openapi(pair: Pair) -> dict[str, Any]:
    document: dict[str, Any] = (await pair.even.client.get("/schema/openapi.json")).json()
    return document


def routes(app: Litestar) -> set[str]:
    """Return every path that answers, but for the page's files and the description itself."""
    return {
        route.path_format
        for route in app.routes
        if route.path_format not in PAGE_FILES and not route.path_format.startswith("/schema")
    }


async def test_the_openapi_document_lists_every_route(pair: Pair) -> None:
    assert set((await openapi(pair))["paths"]) == routes(pair.even.app)


async def test_the_openapi_document_refers_to_nothing_outside_itself(pair: Pair) -> None:
    text = json.dumps(await openapi(pair))

    assert re.search(r"\w+://", text) is None
    assert {reference.split("/")[0] for reference in re.findall(r'"\$ref": "([^"]+)"', text)} == {"#"}


async def test_the_openapi_document_describes_errors_as_problems(pair: Pair) -> None:
    document = await openapi(pair)
    answers = document["paths"]["/api/vehicles/{vehicle_id}"]["get"]["responses"]

    assert set(answers) == {"200", "400", "401", "404", "503"}
    assert set(answers["503"]["content"]) == {"application/problem+json"}
    assert "ValidationException" not in json.dumps(document)


async def test_the_openapi_document_describes_both_answers_of_a_key_of_a_table(pair: Pair) -> None:
    document = await openapi(pair)
    answer = document["paths"]["/api/tables/{name}/{key}"]["get"]["responses"]["200"]["content"]["application/json"]
    shapes = [each["$ref"].rpartition("/")[2] for each in answer["schema"]["oneOf"]]

    properties = [document["components"]["schemas"][shape]["properties"] for shape in shapes]
    assert [set(each) for each in properties] == [
        {"key", "row", "partition", "value"},
        {"key", "partition", "rows", "next_from"},
    ]


async def test_the_openapi_document_says_that_a_key_is_needed() -> None:
    async with worker(Group(), [], {}, api_key=KEY) as alone:
        document = (await alone.client.get("/schema/openapi.json")).json()

    assert document["security"] == [{"key": []}]


async def test_the_document_for_readers_has_every_route(pair: Pair) -> None:
    page = API_PAGE.read_text()

    assert [path for path in routes(pair.even.app) if f"`{path}`" not in page and f" {path}" not in page] == []


async def test_no_answer_sets_a_cookie(pair: Pair) -> None:
    for path in ("/", "/api/vehicles", "/nothing"):
        assert "set-cookie" not in (await pair.even.client.get(path)).headers
