"""How routes describe their answers in the OpenAPI document: what success looks like, and that errors are problems."""

from collections.abc import Mapping
from http import HTTPStatus

from litestar.openapi.datastructures import ResponseSpec

from fleet_app.web.problems import CONTENT_TYPE, Problem


def answers(model: type, *problems: HTTPStatus) -> Mapping[int, ResponseSpec]:
    """Return the answers of a route: `model` on success, problem details otherwise."""
    told = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, *problems}
    return {
        HTTPStatus.OK: ResponseSpec(model, generate_examples=False, description="OK"),
        **{
            status: ResponseSpec(Problem, generate_examples=False, description=status.phrase, media_type=CONTENT_TYPE)
            for status in sorted(told)
        },
    }
