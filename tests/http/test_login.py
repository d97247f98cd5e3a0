"""Logging in and out, in a browser without a script and by a program."""

from collections.abc import AsyncIterator

import pytest

from fleet_app.domain.access.rights import Role
from fleet_app.http.sessions import COOKIE
from tests.web.fakes import KEY, Group, Pair, WorkerParts, worker
from tests.web.keys import api_key, device_key, token

pytestmark = pytest.mark.anyio
KEYS = (api_key("dispatch", Role.DISPATCHER, "acme"), device_key("tracker", "van-1", tenant="acme"))


@pytest.fixture
async def alone() -> AsyncIterator[WorkerParts]:
    async with worker(Group(), range(8), {}, keys=KEYS) as parts:
        del parts.client.headers["Authorization"]
        yield parts


async def test_who_logs_in_with_the_form_goes_on_to_the_page_and_is_known_there(alone: WorkerParts) -> None:
    answer = await alone.client.post("/login", data={"key": token("dispatch")}, headers={"Origin": alone.url})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly; SameSite=Strict" in answer.headers["set-cookie"]
    assert (await alone.client.get("/api/vehicles")).status_code == 200
    session = (await alone.client.get("/api/session")).json()
    assert (session["name"], session["role"], session["tenant"]) == ("dispatch", "dispatcher", "acme")
    assert session["expires_ms"] - alone.clock.now_s * 1_000 == 12 * 3_600_000


async def test_a_program_logs_in_with_json(alone: WorkerParts) -> None:
    answer = await alone.client.post("/login", json={"key": KEY})

    assert (answer.status_code, answer.content) == (204, b"")
    assert (await alone.client.get("/api/session")).json()["name"] == "operator"


async def test_who_has_a_key_has_no_session(alone: WorkerParts) -> None:
    answer = await alone.client.get("/api/session", headers={"Authorization": f"Bearer {token('dispatch')}"})

    assert answer.json() == {
        "name": "dispatch",
        "role": "dispatcher",
        "tenant": "acme",
        "expires_ms": None,
        "csrf_token": None,
    }


async def test_a_session_changes_something_with_its_token(alone: WorkerParts) -> None:
    await alone.client.post("/login", json={"key": KEY})
    csrf = (await alone.client.get("/api/session")).json()["csrf_token"]
    home = {"Origin": alone.url}

    # 405: past the gate, where nothing can be posted.
    assert (await alone.client.post("/api/vehicles", headers={**home, "Fleet-CSRF": csrf})).status_code == 405
    assert (await alone.client.post("/api/vehicles", headers=home)).status_code == 403
    assert (await alone.client.post("/api/vehicles", headers={"Fleet-CSRF": csrf})).status_code == 403


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ("/docs", "/docs"),
        ("/api/vehicles?group=a&limit=1", "/api/vehicles?group=a&limit=1"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        ("/ü", "/"),
    ],
)
async def test_a_login_leads_to_a_path_of_this_worker_only(alone: WorkerParts, wanted: str, place: str) -> None:
    answer = await alone.client.post("/login", params={"next": wanted}, data={"key": KEY})

    assert (answer.status_code, answer.headers["location"]) == (303, place)
    assert list(answer.cookies) == [COOKIE]


@pytest.mark.parametrize(
    ("key", "fragment", "status"),
    [
        ("", "wrong", 401),
        ("nonsense", "wrong", 401),
        ("dispatch.wrong", "wrong", 401),
        (token("tracker"), "forbidden", 403),
    ],
)
async def test_a_wrong_key_leads_back_to_the_form_which_says_why(
    alone: WorkerParts, key: str, fragment: str, status: int
) -> None:
    by_form = await alone.client.post("/login", params={"next": "/docs"}, data={"key": key})
    by_json = await alone.client.post("/login", json={"key": key})

    assert (by_form.status_code, by_form.headers["location"]) == (303, f"/login?next=%2Fdocs#{fragment}")
    assert by_json.status_code == status
    assert list(alone.client.cookies) == []
    assert f'id="{fragment}"' in (await alone.client.get("/login")).text


async def test_too_many_wrong_keys_are_told_to_wait(alone: WorkerParts) -> None:
    statuses = [(await alone.client.post("/login", json={"key": "wrong"})).status_code for _ in range(11)]
    by_form = await alone.client.post("/login", data={"key": "wrong"})

    assert statuses == [401] * 10 + [429]
    assert by_form.headers["location"].endswith("#later")
    assert (await alone.client.post("/login", json={"key": KEY})).status_code == 204


async def test_while_keys_are_not_known_yet_the_form_says_so(alone: WorkerParts) -> None:
    alone.views.are_whole = False
    answer = await alone.client.post("/login", data={"key": token("dispatch")})

    assert answer.headers["location"].endswith("#starting")


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"key": 1}', b'{"key": "a"', b"\xff"])
async def test_a_login_that_is_none_is_refused(alone: WorkerParts, body: bytes) -> None:
    assert (await alone.client.post("/login", content=body)).status_code == 400


async def test_a_login_of_great_size_is_refused(alone: WorkerParts) -> None:
    assert (await alone.client.post("/login", content=b" " * 20_000)).status_code == 413


@pytest.mark.parametrize("path", ["/login", "/logout"])
@pytest.mark.parametrize("origin", ["null", "https://evil.example"])
async def test_no_page_of_another_origin_logs_anybody_in_or_out(alone: WorkerParts, path: str, origin: str) -> None:
    answer = await alone.client.post(path, data={"key": KEY}, headers={"Origin": origin})

    assert (answer.status_code, list(answer.cookies)) == (403, [])


async def test_who_logs_out_is_not_known_any_more(alone: WorkerParts) -> None:
    await alone.client.post("/login", json={"key": KEY})
    answer = await alone.client.post("/logout", headers={"Origin": alone.url})

    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert list(alone.client.cookies) == []
    assert (await alone.client.get("/api/session")).status_code == 401


async def test_the_cookie_stays_on_tls_where_the_worker_is_reached_by_it() -> None:
    async with worker(Group(), [], {}, keys=KEYS, advertised_url="https://fleet.example") as alone:
        answer = await alone.client.post("/login", json={"key": KEY})

    assert answer.headers["set-cookie"].endswith("; Secure")
    assert "strict-transport-security" in answer.headers


async def test_where_nobody_is_asked_for_a_key_everybody_is_local(pair: Pair) -> None:
    assert (await pair.even.client.get("/api/session")).json()["name"] == "local"
    assert (await pair.even.client.post("/login", json={"key": KEY})).status_code == 400
