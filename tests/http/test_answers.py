"""What a route says about its answers."""

from http import HTTPStatus

import msgspec
import pytest

from fleet_app.http.answers import answers
from fleet_app.http.problems import CONTENT_TYPE, Problem


class Model(msgspec.Struct):
    pass


def test_success_is_described_by_the_routes_own_model() -> None:
    assert answers(Model)[HTTPStatus.OK].data_container is Model


def test_every_route_can_refuse_a_request_or_miss_its_key() -> None:
    assert set(answers(Model)) == {HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}


@pytest.mark.parametrize("status", [HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_REQUEST])
def test_an_error_is_described_as_a_problem(status: HTTPStatus) -> None:
    told = answers(Model, status)[status]

    assert (told.data_container, told.media_type, told.description) == (Problem, CONTENT_TYPE, status.phrase)
