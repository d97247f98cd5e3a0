"""How routes describe their answers in the OpenAPI document: what success looks like, and that errors are problems."""

from collections.abc import Mapping
from http import HTTPStatus
from types import UnionType
from typing import Any, cast

from litestar.openapi.datastructures import ResponseSpec

from fleet_app.http.problems import CONTENT_TYPE, Problem


def answers(model: type | UnionType, *problems: HTTPStatus) -> Mapping[int, ResponseSpec]:
    """Return the answers of a route: `model` on success, or one of several, problem details otherwise."""
    told = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, *problems}
    return {
        HTTPStatus.OK: ResponseSpec(cast("type[Any]", model), generate_examples=False, description="OK"),
        **{
            status: ResponseSpec(Problem, generate_examples=False, description=status.phrase, media_type=CONTENT_TYPE)
            for status in sorted(told)
        },
    }
