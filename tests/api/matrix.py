"""Who may call what, written down a second time: by it the workers' document and their answers are judged.

A route of the document that has no row here fails, and so does one that declares another right than its row.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import httpx

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.rights import Right


class Ids(NamedTuple):
    """What a request is about: one thing of each kind."""

    vehicle_id: str
    trip_id: str
    geofence_id: str
    key_id: str
    name: str = "vehicles"
    topic: str = "fleet.vehicle-profile-changes"

    @property
    def key(self) -> str:
        """The key of that table, and of that topic."""
        return self.vehicle_id


class About(Enum):
    """How an answer depends on whose it is that a request is about."""

    NOTHING = auto()
    """It does not: lists, which show what is the caller's, and what is nobody's."""
    ONE_THING = auto()
    """What is another tenant's is answered exactly as what there is not."""
    A_NEW_THING = auto()
    """The same, but what there is not would be made: what is another's is not found."""


class Row(NamedTuple):
    """What is expected of an operation: what it needs, whose answer it is, and how it is asked."""

    right: Right
    about: About = About.NOTHING
    body: Callable[[Ids], Any] | None = None
    query: Callable[[Ids], Mapping[str, str]] | None = None


_NOW_MS: Final = int(time.time() * 1000)
_SHAPE: Final = {"type": "circle", "lat": 48.1, "lon": 11.6, "radius_m": 100.0}


def _place(_ids: Ids) -> dict[str, Any]:
    return {"name": "a place", "shape": _SHAPE}


def _position(ids: Ids) -> dict[str, Any]:
    return {"vehicle_id": ids.vehicle_id, "time_ms": _NOW_MS, "lat": 52.51, "lon": 13.4}


def _osmand(ids: Ids) -> dict[str, str]:
    return {"id": ids.vehicle_id, "timestamp": str(_NOW_MS), "lat": "52.51", "lon": "13.4"}


SEE, CHANGE, ADMINISTER, SEND = Right.SEE, Right.CHANGE, Right.ADMINISTER, Right.SEND_POSITIONS
ALL, WORKERS, OPEN = Right.SEE_ALL_TENANTS, Right.ANSWER_WORKERS, Right.OPEN
ONE, NEW = About.ONE_THING, About.A_NEW_THING

ROWS: Final[Mapping[str, Row]] = {
    "GET /healthz": Row(OPEN),
    "GET /readyz": Row(OPEN),
    "GET /metrics": Row(ALL),
    "GET /api/cluster": Row(ALL),
    "GET /api/tables": Row(ALL),
    "GET /api/tables/{name}": Row(ALL),
    "GET /api/tables/{name}/{key}": Row(ALL),
    "GET /api/session": Row(SEE),
    "GET /api/page-settings": Row(SEE),
    "GET /live/events": Row(SEE),
    "GET /api/vehicles": Row(SEE),
    "GET /api/vehicles/{vehicle_id}": Row(SEE, ONE),
    "GET /api/vehicles/{vehicle_id}/windows": Row(SEE, ONE),
    "GET /api/vehicles/{vehicle_id}/trips": Row(SEE, ONE),
    "GET /api/vehicles/{vehicle_id}/track": Row(SEE, ONE),
    "GET /api/vehicles/{vehicle_id}/quality": Row(SEE, ONE),
    "GET /api/trips/{trip_id}": Row(SEE, ONE),
    "GET /api/geofences": Row(SEE),
    "GET /api/geofences/{geofence_id}": Row(SEE, ONE),
    "GET /api/vehicle-profiles": Row(SEE),
    "GET /api/vehicle-profiles/{vehicle_id}": Row(SEE, ONE),
    "GET /api/keys": Row(ADMINISTER),
    "GET /api/keys/{key_id}": Row(ADMINISTER, ONE),
    "POST /api/keys": Row(ADMINISTER, body=lambda _: {"name": "made by a test", "role": "viewer"}),
    "POST /api/keys/{key_id}/rotate": Row(ADMINISTER, ONE, body=lambda _: {}),
    "DELETE /api/keys/{key_id}": Row(ADMINISTER, ONE),
    "DELETE /api/vehicles/{vehicle_id}": Row(ADMINISTER, ONE),
    "POST /api/geofences": Row(CHANGE, body=_place),
    "POST /api/geofences/import": Row(CHANGE, body=lambda _: {"type": "FeatureCollection", "features": []}),
    "PUT /api/geofences/{geofence_id}": Row(CHANGE, NEW, body=_place),
    "DELETE /api/geofences/{geofence_id}": Row(CHANGE, ONE),
    "POST /api/vehicle-profiles": Row(CHANGE, body=lambda _: []),
    "PUT /api/vehicle-profiles/{vehicle_id}": Row(CHANGE, NEW, body=lambda _: {"name": "a van"}),
    "DELETE /api/vehicle-profiles/{vehicle_id}": Row(CHANGE, ONE),
    "POST /api/positions": Row(SEND, ONE, body=_position),
    "GET /osmand": Row(SEND, ONE, query=_osmand),
    "POST /osmand": Row(SEND, ONE, query=_osmand),
}

BETWEEN_WORKERS: Final[Mapping[str, Row]] = {
    "GET /internal/vehicles/{vehicle_id}/tenant": Row(WORKERS),
    "GET /internal/worker": Row(WORKERS),
    "GET /internal/tables": Row(WORKERS),
    "GET /internal/tables/{name}": Row(WORKERS),
    "GET /internal/vehicles": Row(WORKERS),
    "GET /internal/changes/{topic}/{key}": Row(WORKERS),
}
"""Not in the document, as they change with any release; and nobody else may call them."""
_ASKED: Final = {**ROWS, **BETWEEN_WORKERS}


class Asker(NamedTuple):
    """Somebody who asks: what is sent along, and what that proves.

    `may_change` is false for a browser that holds a session, and shows no token with a change.
    """

    name: str
    headers: Mapping[str, str]
    caller: Caller | None
    may_change: bool = True


class Told(NamedTuple):
    """An answer, without the ids that the request named itself and what is different each time."""

    status: int
    text: str


NOBODY_KNOWN: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS})
"""Whoever tries wrong credentials too often is told so instead, which says as little of them."""
NOT_ENTITLED: Final = frozenset({HTTPStatus.FORBIDDEN})


def refusals(asker: Asker, method: str, row: Row) -> frozenset[HTTPStatus]:
    """Return with which statuses an asker is refused, whatever it asks about; none if it is served."""
    if row.right is Right.OPEN:
        return frozenset()
    if asker.caller is None:
        return NOBODY_KNOWN
    has_right = asker.caller.may(row.right) and (asker.may_change or method == "GET")
    return frozenset() if has_right else NOT_ENTITLED


def documented(client: httpx.Client) -> Mapping[str, Mapping[str, Any]]:
    """Return the operations of a worker's document, by method and path."""
    document = client.get("/schema/openapi.json").json()
    return {
        f"{method.upper()} {path}": told
        for path, methods in document["paths"].items()
        for method, told in methods.items()
    }


def faults_of_document(operations: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what the document says otherwise than the rows, or leaves open."""
    faults = [f"{name}: a route without a row in tests/api/matrix.py" for name in operations.keys() - ROWS.keys()]
    faults += [f"{name}: a row without a route" for name in ROWS.keys() - operations.keys()]
    for name in ROWS.keys() & operations.keys():
        security = operations[name].get("security", [])
        declared = {right for way in security for rights in way.values() for right in rights}
        expected = set() if ROWS[name].right is Right.OPEN else {ROWS[name].right.value}
        if declared != expected or not security:
            faults.append(f"{name}: declares {security}, expected is {ROWS[name].right}")
    return sorted(faults)


class Matrix:
    """Asks for everything, as anybody, about anything, and remembers each answer."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._own_origin = str(client.base_url).rstrip("/")
        self.answers: list[tuple[str, str]] = []

    def ask(self, asker: Asker, operation: str, ids: Ids) -> Told:
        """Send one request and return what it was answered with."""
        method, path = operation.split(" ")
        row = _ASKED[operation]
        for name, value in ids._asdict().items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        path = path.replace("{key}", quote(ids.key, safe=""))
        request = self._client.build_request(
            method,
            path,
            params={} if row.query is None else row.query(ids),
            json=None if row.body is None else row.body(ids),
            headers={**asker.headers, "Origin": self._own_origin} if "Cookie" in asker.headers else asker.headers,
        )
        answer = self._client.send(request, stream=True)
        with contextlib.closing(answer):
            body = next(answer.iter_text(), "") if _is_stream(answer) else _read(answer)
        told = without_ids(body, ids)
        self.answers.append((f"{asker.name}: {operation}", f"{without_ids(str(answer.headers), ids)}\n{told}"))
        return Told(answer.status_code, told)

    def faults_of(self, asker: Asker, own: Ids, others: Ids, unknown: Ids) -> list[str]:
        """Return for each operation what an asker was answered otherwise than the rows have it."""
        return [
            f"{asker.name}: {operation}: {fault}"
            for operation in _ASKED
            for fault in self._faults(asker, operation, own, others, unknown)
        ]

    def _faults(self, asker: Asker, operation: str, own: Ids, others: Ids, unknown: Ids) -> Iterator[str]:
        method, row = operation.partition(" ")[0], _ASKED[operation]
        # What is deleted would be missed by whoever asks next.
        told = self.ask(asker, operation, unknown if method == "DELETE" else own)
        expected = refusals(asker, method, row)
        if expected:
            if told.status not in expected:
                yield f"answered {told.status}, expected is {sorted(expected)}: {told.text[:200]}"
        elif not _is_served(told, method):
            yield f"answered {told.status} about what is its own: {told.text[:200]}"
        elif asker.caller is not None and asker.caller.tenant is not None and row.about is not About.NOTHING:
            yield from self._leaks(asker, operation, others, unknown)

    def _leaks(self, asker: Asker, operation: str, others: Ids, unknown: Ids) -> Iterator[str]:
        of_others = self.ask(asker, operation, others)
        if _ASKED[operation].about is About.A_NEW_THING:
            if of_others.status != HTTPStatus.NOT_FOUND:
                yield f"answered {of_others.status} about what is another's: {of_others.text[:200]}"
            return
        of_nothing = self.ask(asker, operation, unknown)
        if of_others != of_nothing or of_others.status < HTTPStatus.BAD_REQUEST:
            yield f"tells what is another's from what there is not: {of_others} and {of_nothing}"


def without_ids(text: str, ids: Ids) -> str:
    """Return a text without the ids that the request named, and without their parts."""
    named = {*ids, ids.trip_id.partition("@")[2]} - {ids.name, ids.topic}
    for value in sorted(named, key=len, reverse=True):
        text = text.replace(value, "…").replace(quote(value, safe=""), "…")
    return text


def _is_stream(answer: httpx.Response) -> bool:
    kind: str = answer.headers.get("content-type", "")
    return kind.startswith("text/event-stream")


def _read(answer: httpx.Response) -> str:
    answer.read()
    return answer.text


def _is_served(told: Told, method: str) -> bool:
    if method == "DELETE":
        return told.status in (HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND)
    return told.status < HTTPStatus.BAD_REQUEST
