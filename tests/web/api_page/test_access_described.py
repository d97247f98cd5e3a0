"""The document says who may call what, and what shape errors have."""

from http import HTTPStatus
from typing import Any

import pytest
from litestar import Litestar, Router, get
from litestar.openapi import OpenAPIConfig, ResponseSpec

from fleet_app.domain.access.rights import Right
from fleet_app.http.access import needs
from fleet_app.web.api_page.access_described import AccessDescribed

_TOLD_BRIEFLY = ResponseSpec(None, generate_examples=False, description="There is none.")


def document_of(right: Right) -> dict[str, Any]:
    @get("/thing", opt=needs(right), responses={HTTPStatus.NOT_FOUND: _TOLD_BRIEFLY})
    async def thing() -> str:
        return ""

    app = Litestar(
        # Below a router, which brings a handler of OPTIONS that declares nothing, and is not described.
        route_handlers=[Router("/", route_handlers=[thing])],
        plugins=[AccessDescribed()],
        openapi_config=OpenAPIConfig(title="things", version="1"),
    )
    operation: dict[str, Any] = app.openapi_schema.to_schema()["paths"]["/thing"]["get"]
    return operation


@pytest.mark.parametrize(
    ("right", "security"),
    [
        (Right.OPEN, [{}]),
        (Right.SEE, [{"key": ["see"]}, {"session": ["see"]}]),
        (Right.ANSWER_WORKERS, [{"worker": ["answer_workers"]}]),
    ],
)
def test_an_operation_names_the_right_that_it_needs(right: Right, security: list[dict[str, list[str]]]) -> None:
    assert document_of(right)["security"] == security


@pytest.mark.parametrize(
    ("right", "refusals"), [(Right.OPEN, {"421"}), (Right.SEE, {"400", "401", "403", "421", "429"})]
)
def test_an_operation_tells_how_the_gate_may_refuse(right: Right, refusals: set[str]) -> None:
    assert set(document_of(right)["responses"]) == {"200", "404"} | refusals


def test_an_error_told_by_a_sentence_alone_has_the_shape_of_all_errors() -> None:
    answer = document_of(Right.SEE)["responses"]["404"]

    assert answer["description"] == "There is none."
    assert answer["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_a_route_that_declares_nothing_is_not_served() -> None:
    @get("/thing")
    async def thing() -> str:
        return ""

    with pytest.raises(KeyError, match="right"):
        Litestar(route_handlers=[thing], plugins=[AccessDescribed()])
