"""Every route, every kind of caller, its own things and another tenant's: generated from the workers' own document."""

import base64
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, Final

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from fleet_app.domain.access.caller import OPERATOR, Caller
from fleet_app.domain.access.rights import Right, Role
from tests.api.installation import MARKER, NORTH, Installation, Tenant, bearer
from tests.api.matrix import NOBODY_KNOWN, Asker, Ids, Matrix, Row, documented, faults_of_document, refusals
from tests.support.processes import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

UNKNOWN: Final = Ids("nobodys-van", "nobodys-van@1795000000000", "nobodys-depot", "nobodys-key")
ASKERS: Final = (
    "nobody",
    "a forged key",
    "the id of a key alone",
    "an expired key",
    "a revoked key",
    "a key before its rotation",
    "a device",
    "a viewer",
    "a dispatcher",
    "an admin",
    "a viewer of all tenants",
    "the operator",
    "a session",
    "a session without its token",
)


@pytest.fixture(scope="module")
def client(installation: Installation) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=installation.urls[0], timeout=30.0) as client:
        yield client


@pytest.fixture(scope="module")
def matrices(installation: Installation) -> Iterator[list[Matrix]]:
    """One for each worker: what one of them answers itself, the other one forwards."""
    with ExitStack() as opened:
        yield [Matrix(opened.enter_context(httpx.Client(base_url=url, timeout=30.0))) for url in installation.urls]


@pytest.fixture(scope="module")
def askers(installation: Installation, client: httpx.Client) -> Mapping[str, Asker]:
    """Everybody who may ask, by name."""
    north = installation.north
    known = {role: _north(role, bearer(north.keys[role])) for role in Role}
    session, blind_session = _sessions(client, north.keys["admin"])
    everybodys_viewer = Caller(name="viewer", role=Role.VIEWER, tenant=None)
    made = {
        "nobody": {},
        "a forged key": bearer(north.keys["admin"].partition(".")[0] + "." + "A" * 43),
        "the id of a key alone": bearer(north.keys["admin"].partition(".")[0]),
        "an expired key": bearer(_expired(client, installation)),
        "a revoked key": bearer(_revoked(client, installation)),
        "a key before its rotation": bearer(_rotated_out(client, installation)),
    }
    return {
        **{name: Asker(name, headers, None) for name, headers in made.items()},
        "a device": known[Role.DEVICE],
        "a viewer": known[Role.VIEWER],
        "a dispatcher": known[Role.DISPATCHER],
        "an admin": known[Role.ADMIN],
        "a viewer of all tenants": Asker("everybody's", bearer(installation.keys["viewer"]), everybodys_viewer),
        "the operator": Asker("operator", installation.operator, OPERATOR),
        "a session": _north(Role.ADMIN, session),
        "a session without its token": _north(Role.ADMIN, blind_session)._replace(may_change=False),
    }


def _north(role: Role, headers: Mapping[str, str]) -> Asker:
    return Asker(f"north's {role}", headers, Caller(name=role.value, role=role, tenant=NORTH))


def _sessions(client: httpx.Client, key: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return what a page sends of a session, with its token and without."""
    answer = client.post("/login", json={"key": key})
    cookie = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    client.cookies.clear()
    token = client.get("/api/session", headers=cookie).json()["csrf_token"]
    return {**cookie, "Fleet-CSRF": token}, cookie


def _new_key(client: httpx.Client, installation: Installation, **asked: int) -> tuple[str, str]:
    body = {"name": "short-lived", "role": "admin", "tenant": NORTH, **asked}
    made = client.post("/api/keys", json=body, headers=installation.operator).json()
    return made["api_key"]["key_id"], made["key"]


def _expired(client: httpx.Client, installation: Installation) -> str:
    _, key = _new_key(client, installation, expires_ms=int(time.time() * 1000) + 2_000)
    return _until_refused(client, key)


def _revoked(client: httpx.Client, installation: Installation) -> str:
    key_id, key = _new_key(client, installation)
    client.delete(f"/api/keys/{key_id}", headers=installation.operator).raise_for_status()
    return _until_refused(client, key)


def _rotated_out(client: httpx.Client, installation: Installation) -> str:
    key_id, key = _new_key(client, installation)
    client.post(f"/api/keys/{key_id}/rotate", json={"overlap_s": 0}, headers=installation.operator).raise_for_status()
    return _until_refused(client, key)


def _until_refused(client: httpx.Client, key: str) -> str:
    def is_refused() -> bool:
        return HTTPStatus(client.get("/api/session", headers=bearer(key)).status_code) in NOBODY_KNOWN

    eventually(is_refused, what="the key is refused")
    return key


def _ids(tenant: Tenant) -> Ids:
    key_id = tenant.keys["spare"].partition(".")[0]
    return Ids(tenant.vehicle_ids[0], tenant.trip_ids[0], tenant.geofence_id, key_id)


def test_the_document_says_of_every_route_who_may_call_it(client: httpx.Client) -> None:
    assert faults_of_document(documented(client)) == []


@pytest.mark.parametrize("worker", [0, 1])
@pytest.mark.parametrize("name", ASKERS)
def test_everybody_may_what_is_written_down_and_nothing_else(
    installation: Installation, matrices: list[Matrix], askers: Mapping[str, Asker], name: str, worker: int
) -> None:
    own, others = _ids(installation.north), _ids(installation.south)

    faults = matrices[worker].faults_of(askers[name], own, others, UNKNOWN)

    assert faults == [], "\n".join(faults)


@pytest.mark.parametrize("worker", [0, 1])
@pytest.mark.parametrize("parameter", ["tenant", "group", "tag"])
def test_lists_of_what_is_anothers_are_as_empty_as_lists_of_nothing(
    installation: Installation, parameter: str, worker: int
) -> None:
    paths = ("/api/vehicles", "/api/vehicle-profiles", "/api/geofences")
    headers = bearer(installation.north.keys["viewer"])
    south = {"tenant": installation.south.name, "group": f"{MARKER}-group", "tag": f"{MARKER}-tag"}[parameter]
    with httpx.Client(base_url=installation.urls[worker], headers=headers, timeout=30.0) as client:
        told = [[_list(client, path, **{parameter: value}) for value in (south, "nothing")] for path in paths]

    assert [of_south for of_south, _ in told] == [of_nothing for _, of_nothing in told]


def _list(client: httpx.Client, path: str, **asked: str) -> tuple[int, str]:
    answer = client.get(path, params=asked)
    return answer.status_code, answer.text.replace(asked[next(iter(asked))], "…")


@pytest.mark.parametrize("worker", [0, 1])
def test_page_by_page_one_sees_all_of_ones_own_and_nothing_else(installation: Installation, worker: int) -> None:
    headers = bearer(installation.north.keys["viewer"])
    with httpx.Client(base_url=installation.urls[worker], headers=headers, timeout=30.0) as client:
        pages = list(_pages(client, "/api/vehicles", limit=2))

    cursors = [base64.urlsafe_b64decode(page["next"] + "==") for page in pages if page["next"]]
    listed = {vehicle["vehicle_id"] for page in pages for vehicle in page["items"]}
    assert listed >= set(installation.north.vehicle_ids)
    assert re.findall(MARKER, f"{pages} {cursors}") == []


def _pages(client: httpx.Client, path: str, **asked: int) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while True:
        page = client.get(path, params={**asked, **cursor}).json()
        yield page
        if page["next"] is None:
            return
        cursor = {"cursor": page["next"]}


def test_nothing_of_another_tenant_stands_in_any_answer(matrices: list[Matrix]) -> None:
    of_north = [told for matrix in matrices for told in matrix.answers if told[0].startswith("north's")]

    assert of_north != []
    assert [(request, answer) for request, answer in of_north if MARKER in answer] == []


@pytest.mark.parametrize("worker", [0, 1])
@pytest.mark.parametrize("form", ["format=json&fields=full", "format=json", "format=packed&fields=full"])
@pytest.mark.parametrize("filter_", ["", "&tenant={south}", "&group={marker}-group"])
def test_the_feed_tells_of_ones_own_vehicles_alone(
    installation: Installation, worker: int, form: str, filter_: str
) -> None:
    asked = filter_.format(south=installation.south.name, marker=MARKER)
    headers = bearer(installation.north.keys["viewer"])
    with connect(f"{_feed(installation, worker)}?{form}{asked}", additional_headers=headers) as feed:
        told = _until(feed, b"" if asked else installation.north.vehicle_ids[-1].encode())

    assert MARKER.encode() not in told


def test_server_sent_events_tell_of_ones_own_vehicles_alone(installation: Installation) -> None:
    url, last = f"{installation.urls[0]}/live/events?fields=full", installation.north.vehicle_ids[-1]
    with httpx.stream("GET", url, headers=bearer(installation.north.keys["viewer"]), timeout=30.0) as answer:
        told = ""
        events = answer.iter_text()
        while last not in told:
            told += next(events)

    assert MARKER not in told


@pytest.mark.parametrize("name", ASKERS)
def test_the_feed_is_open_to_those_who_may_see(
    installation: Installation, askers: Mapping[str, Asker], name: str
) -> None:
    expected = refusals(askers[name], "GET", Row(Right.SEE))

    assert (_handshake(_feed(installation, 0), askers[name].headers) == HTTPStatus.SWITCHING_PROTOCOLS) == (
        not expected
    )


def _feed(installation: Installation, worker: int) -> str:
    return installation.urls[worker].replace("http", "ws", 1) + "/live"


def _until(feed: ClientConnection, sought: bytes) -> bytes:
    """Return what a feed tells first, and all that follows until something is in it."""
    told = _bytes(feed.recv(timeout=30.0))
    while sought not in told:
        told += _bytes(feed.recv(timeout=30.0))
    return told


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame


def _handshake(url: str, headers: Mapping[str, str]) -> int:
    origin = Origin(url.removesuffix("/live").replace("ws", "http", 1))
    try:
        with connect(url, additional_headers=headers, origin=origin) as feed:
            assert feed.response is not None
            return feed.response.status_code
    except InvalidStatus as error:
        return error.response.status_code
