"""What the OpenAPI document says of every route alike: who may call it, and what the gate may answer in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import SecurityRequirement
from litestar.plugins import ReceiveRoutePlugin
from litestar.routes import BaseRoute, HTTPRoute

from fleet_app.domain.access.rights import Right
from fleet_app.http.access import right_of
from fleet_app.http.problems import CONTENT_TYPE, Problem

KEY: Final = "key"
SESSION: Final = "session"
WORKER: Final = "worker"
"""Names of the security schemes, as the document's components define them."""
_ANYBODY: Final[SecurityRequirement] = {}
_REFUSALS: Final = {
    HTTPStatus.BAD_REQUEST: "The request cannot be used: `detail` says why.",
    HTTPStatus.UNAUTHORIZED: "Nobody who is known asks: the key or the session is missing, wrong, expired or revoked.",
    HTTPStatus.FORBIDDEN: "Whoever asks is known, and has not the right to.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many wrong keys have come from here; what is right still passes.",
}
_WRONG_HOST: Final = {HTTPStatus.MISDIRECTED_REQUEST: "The Host header names a machine that this worker is not."}


class AccessDescribed(ReceiveRoutePlugin):
    """Writes into each operation what its route declares by `needs(…)`, and gives every error its shape.

    `security` names the right beside the scheme, as OpenAPI 3.1 has it for roles; a route for everybody says `{}`.
    """

    __slots__ = ()

    def receive_route(self, route: BaseRoute) -> None:
        """Complete what the document will say of a route.

        Raises:
            KeyError: A route of the document does not declare what it needs.
        """
        if not isinstance(route, HTTPRoute):
            return
        for handler, _ in route.route_handler_map.values():
            if handler.resolve_include_in_schema():
                _describe(handler)


def _describe(handler: HTTPRouteHandler) -> None:
    right = right_of(handler)
    told = handler.responses or {}
    handler.security = security_of(right)
    handler.responses = {**_refusals_of(right), **{status: _with_shape(status, spec) for status, spec in told.items()}}


def security_of(right: Right) -> Sequence[SecurityRequirement]:
    """Return how one may prove that one has a right: by any one of these."""
    if right is Right.OPEN:
        return [_ANYBODY]
    if right is Right.ANSWER_WORKERS:
        return [{WORKER: [right.value]}]
    return [{KEY: [right.value]}, {SESSION: [right.value]}]


def _refusals_of(right: Right) -> Mapping[int, ResponseSpec]:
    sentences = _WRONG_HOST if right is Right.OPEN else {**_REFUSALS, **_WRONG_HOST}
    return {status.value: _problem(sentence) for status, sentence in sentences.items()}


def _with_shape(status: int, spec: ResponseSpec) -> ResponseSpec:
    """Return what a route says of a status; an error that it describes by a sentence alone is problem details."""
    if status < HTTPStatus.BAD_REQUEST or spec.data_container is not None:
        return spec
    return replace(spec, data_container=Problem, media_type=CONTENT_TYPE)


def _problem(sentence: str) -> ResponseSpec:
    return ResponseSpec(Problem, generate_examples=False, description=sentence, media_type=CONTENT_TYPE)
