"""The API as a whole: what it says about itself is what it is."""

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from fleet_app.domain.access.rights import Right
from fleet_app.web.api_page.routes import PATHS as API_PAGE
from fleet_app.web.dashboard_routes import PAGES as DASHBOARD
from fleet_app.web.page_routes import PAGE_FILES
from tests.web.fakes import Pair

pytestmark = pytest.mark.anyio
DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / name for name in ("access.md", "api.md", "live.md", "quickstart.md")]


async def openapi(pair: Pair) -> dict[str, Any]:
    document: dict[str, Any] = (await pair.even.client.get("/schema/openapi.json")).json()
    return document


def routes(app: Litestar) -> set[str]:
    """Return every path for clients' programs: all but pages, what they do, workers' own, and the document itself."""
    for_people = {*PAGE_FILES, *API_PAGE, *(page.replace(":str", "") for page in DASHBOARD), "/logout"}
    return {
        route.path_format
        for route in app.routes
        if route.path_format not in for_people
        and not route.path_format.startswith(("/internal/", "/schema", "/assets/"))
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

    assert set(answers) == {"200", "304", "400", "401", "403", "404", "421", "429", "503"}
    assert set(answers["503"]["content"]) == {"application/problem+json"}
    assert "ValidationException" not in json.dumps(document)


async def test_the_openapi_document_describes_both_answers_of_a_key_of_a_table(pair: Pair) -> None:
    document = await openapi(pair)
    answer = document["paths"]["/api/tables/{name}/{key}"]["get"]["responses"]["200"]["content"]["application/json"]
    shapes = [each["$ref"].rpartition("/")[2] for each in answer["schema"]["anyOf"]]

    properties = [document["components"]["schemas"][shape]["properties"] for shape in shapes]
    assert [set(each) for each in properties] == [
        {"key", "row", "partition", "value"},
        {"key", "partition", "items", "next"},
    ]


async def test_the_openapi_document_says_of_every_operation_what_it_takes(pair: Pair) -> None:
    document = await openapi(pair)
    operations = [each for methods in document["paths"].values() for each in methods.values()]
    schemes = {scheme for each in operations for way in each["security"] for scheme in way}

    assert {name for each in operations for way in each["security"] for name in chain(*way.values())} <= set(Right)
    assert schemes <= set(document["components"]["securitySchemes"])


async def test_the_openapi_document_says_of_every_operation_how_it_may_be_refused(pair: Pair) -> None:
    document = await openapi(pair)
    untold = {
        (path, method): {"401", "403", "429"} - set(told["responses"])
        for path, methods in document["paths"].items()
        for method, told in methods.items()
        if told["security"] != [{}]
    }

    assert {operation: missing for operation, missing in untold.items() if missing} == {}


async def test_what_workers_ask_each_other_is_not_in_the_document(pair: Pair) -> None:
    assert [path for path in (await openapi(pair))["paths"] if path.startswith("/internal")] == []


async def test_the_document_for_readers_has_every_route(pair: Pair) -> None:
    page = "".join(path.read_text() for path in PAGES)

    assert [path for path in routes(pair.even.app) if f"`{path}`" not in page and f" {path}" not in page] == []


async def test_no_answer_sets_a_cookie(pair: Pair) -> None:
    for path in ("/", "/api/vehicles", "/nothing"):
        assert "set-cookie" not in (await pair.even.client.get(path)).headers
