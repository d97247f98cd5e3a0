"""Every error has one shape, and none shows the inside."""

import logging
from http import HTTPStatus

import pytest
from litestar import Router, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath, JSONBody

from fleet_app.domain.access.rights import Right
from fleet_app.http.access import needs
from fleet_app.http.problems import ApiError, Code, shown
from tests.web.fakes import PARTITIONS, Group, worker

pytestmark = pytest.mark.anyio


@get("/broken", opt=needs(Right.OPEN))
async def broken() -> None:
    raise ZeroDivisionError("the secret is 42")


@get("/unavailable", opt=needs(Right.OPEN))
async def unavailable() -> None:
    raise HTTPException(status_code=503, detail="Kafka is away", headers={"Retry-After": "5"})


@get("/teapot", opt=needs(Right.OPEN))
async def teapot() -> None:
    raise HTTPException(status_code=418, detail="short and stout")


@post("/take", opt=needs(Right.OPEN))
async def take(data: JSONBody[dict[str, int]]) -> None:
    assert data


@get("/endless", opt=needs(Right.OPEN))
async def endless() -> None:
    raise RecursionError


@get("/later", opt=needs(Right.OPEN))
async def later() -> None:
    raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, Code.NOT_CONFIRMED, "not yet", headers={"Retry-After": "7"})


@get("/refused/{status:int}", opt=needs(Right.OPEN))
async def refused(status: FromPath[int]) -> None:
    raise HTTPException(status_code=status, detail="no")


def routes() -> Router:
    return Router("/", route_handlers=[broken, unavailable, teapot, take, endless, later, refused])


async def test_a_defect_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    async with worker(Group(), [], {}, routers=(routes(),)) as alone:
        answer = await alone.client.get("/broken")

    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "a defect in this worker; its log has the details",
        "code": "internal",
    }
    logged = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert logged.getMessage() == "GET '/broken' failed"
    assert logged.exc_info is not None


async def test_errors_of_other_routers_come_out_in_the_same_shape() -> None:
    async with worker(Group(), [], {}, routers=(routes(),)) as alone:
        away = await alone.client.get("/unavailable")
        other = await alone.client.get("/teapot")
        malformed = await alone.client.post("/take", content=b"{")

    assert (away.json()["code"], away.json()["detail"]) == ("unavailable", "Kafka is away")
    assert away.headers["retry-after"] == "5"
    assert (other.status_code, other.json()["code"]) == (418, "refused")
    assert (malformed.status_code, malformed.json()["code"]) == (400, "bad_request")
    assert {answer.headers["content-type"] for answer in (away, other, malformed)} == {"application/problem+json"}


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
async def test_a_body_that_is_nested_too_deeply_is_a_bad_request(opening: bytes) -> None:
    async with worker(Group(), [], {}, routers=(routes(),)) as alone:
        answer = await alone.client.post("/take", content=opening * 100_000)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


async def test_without_a_body_endless_recursion_is_a_defect(caplog: pytest.LogCaptureFixture) -> None:
    async with worker(Group(), [], {}, routers=(routes(),)) as alone:
        answer = await alone.client.get("/endless")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "GET '/endless' failed" in caplog.messages


async def test_an_error_may_say_when_to_ask_again() -> None:
    async with worker(Group(), [], {}, routers=(routes(),)) as alone:
        answer = await alone.client.get("/later")

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "not_confirmed", "7")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (406, Code.NOT_ACCEPTABLE),
        (409, Code.CONFLICT),
        (413, Code.TOO_LARGE),
        (415, Code.UNSUPPORTED_MEDIA_TYPE),
        (422, Code.UNUSABLE),
        (429, Code.TOO_MANY_FAILURES),
        (503, Code.UNAVAILABLE),
    ],
)
async def test_every_status_has_a_code_of_its_own(status: int, code: Code) -> None:
    async with worker(Group(), [], {}, routers=(routes(),)) as alone:
        answer = await alone.client.get(f"/refused/{status}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("retry-after" in answer.headers) == (status in {429, 503})


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, Code.NO_SUCH_ROUTE),
        ("GET", "/schema/nothing", 404, Code.NO_SUCH_ROUTE),
        ("GET", "/api/vehicles/", 200, None),
        ("DELETE", "/api/vehicles", 405, Code.METHOD_NOT_ALLOWED),
        ("GET", "/api/vehicles?limit=x", 400, Code.BAD_REQUEST),
    ],
)
async def test_the_framework_speaks_in_the_same_shape(method: str, path: str, status: int, code: Code | None) -> None:
    async with worker(Group(), range(PARTITIONS), {}) as alone:
        answer = await alone.client.request(method, path)

    assert answer.status_code == status
    assert answer.json().get("code") == code


async def test_a_method_that_is_not_possible_is_answered_with_those_that_are() -> None:
    async with worker(Group(), [], {}) as alone:
        answer = await alone.client.put("/api/vehicles")

    assert "GET" in answer.headers["allow"]


def test_hostile_text_is_shown_quoted_and_short() -> None:
    assert shown("a\n'\x1b") == r'''"a\n'\x1b"'''
    assert shown("x" * 10_000).endswith("… (10000 characters)")
    assert len(shown("x" * 10_000)) < 200


@get("/conflict", opt=needs(Right.OPEN))
async def conflict() -> None:
    raise HTTPException(status_code=409, detail="of 'depot' there is revision 7", extra={"revision": 7})


async def test_a_refused_change_says_which_revision_there_is() -> None:
    async with worker(Group(), [], {}, routers=(Router("/", route_handlers=[conflict]),)) as alone:
        answer = await alone.client.get("/conflict")

    assert answer.json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "of 'depot' there is revision 7",
        "code": "conflict",
        "revision": 7,
    }
