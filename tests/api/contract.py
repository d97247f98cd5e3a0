"""What the API's document promises, held against real workers: `python -m tests.api.contract --cases 20000`.

Requests are made from the document alone, half of them to its rules and half against them, some about things that
there are. An answer must have a status, a content type, headers and a body that the document tells of, errors must be
problem details, and no error may be the server's: 503 counts as one, since nothing is wrong with the workers.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from requests.cookies import RequestsCookieJar
from schemathesis import APIOperation, BaseSchema, Case, CheckFunction, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Err, Ok
from schemathesis.errors import InvalidSchema
from schemathesis.specs.openapi.adapter.parameters import OpenApiParameter
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fleet_app.broker.testing import start_kafka
from fleet_app.settings import Settings
from tests.api.installation import Installation, installed

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
RECEIPTS: Final = frozenset({"POST /api/positions", "POST /api/geofences/import", "POST /api/vehicle-profiles"})
Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]
_HOUR_MS: Final = 3_600_000
_NOW_MS: Final = int(time.time() * 1000)
KNOWN_QUERIES: Final[Mapping[str, Sequence[Any]]] = {
    "from": [str(_NOW_MS - _HOUR_MS), str(_NOW_MS)],
    "to": [str(_NOW_MS + _HOUR_MS)],
    "format": ["json"],
    "kind": ["all", "trip"],
    "limit": [1, 100],
    "If-None-Match": ['W/"none-of-ours"'],
    "size": ["5m", "1h"],
    "step": ["5m"],
    "bbox": ["13.0,52.0,14.0,53.0", "179,-1,-179,1"],
    "status": ["moving", "moving,stopped"],
    "changed_since": [str(_NOW_MS - _HOUR_MS), "2026-01-31T08:30:00Z"],
}
"""Values of parameters that are more than their type says, by name."""
_SHAPE: Final = {"type": "circle", "lat": 52.5, "lon": 13.4, "radius_m": 100.0}
KNOWN_BODIES: Final[Mapping[str, Sequence[Any]]] = {
    "POST /api/geofences": [{"name": "a place", "shape": _SHAPE, "tags": ["a", "b"], "speed_limit_mps": 8.3}],
    "PUT /api/geofences/{geofence_id}": [{"name": "a place", "shape": _SHAPE}],
    "PUT /api/vehicle-profiles/{vehicle_id}": [{"name": "a van", "group": "one", "tags": ["a", "b"]}],
    "POST /api/vehicle-profiles": [[{"vehicle_id": "made-in-a-list", "name": "a van"}], []],
    "POST /api/keys": [{"name": "a key", "role": "viewer"}],
    "POST /api/positions": [
        {"vehicle_id": "north-van-1", "time_ms": _NOW_MS, "lat": 52.5, "lon": 13.4},
        [{"vehicle_id": "north-van-2", "time_ms": _NOW_MS, "lat": 52.5, "lon": 13.4}, {"vehicle_id": "lost"}],
    ],
}
"""Bodies that are taken: what is made at random rarely is."""
_LONGEST_SHOWN: Final = 600
_TIMEOUT_S: Final = 20


class Finding(NamedTuple):
    """A promise that was not kept, and how to see it again."""

    operation: str
    title: str
    detail: str
    request: str


class Findings:
    """What a run has seen: how often which operation answered what, and what was not as promised, once per kind."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        self.broken: dict[tuple[str, str], Finding] = {}

    @property
    def cases(self) -> int:
        """How many requests were answered."""
        return self.answers.total()

    def note(self, case: AnyCase, response: Response, failures: Iterable[Failure]) -> None:
        """Count an answer, and keep what is wrong with it."""
        operation = case.operation.label
        self.answers[operation, response.status_code] += 1
        for failure in failures:
            detail = f"{failure.message}\n{response.status_code} {response.text[:_LONGEST_SHOWN]}"
            finding = Finding(operation, failure.title, detail, case.as_curl_command())
            self.broken.setdefault((operation, failure.title), finding)


def document_at(url: str) -> BaseSchema:
    """Return what a worker's document tells of, but for what is between workers, or answers as long as one listens."""
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    schema = schemathesis.openapi.from_url(f"{url}/schema/openapi.json", config=config)
    return schema.exclude(path_regex="^/(internal|live)/")


def hold(installation: Installation, cases: int, seed_of_run: int) -> Findings:
    """Send about `cases` requests to the first worker, as many to each operation, and return what came of them."""
    findings = Findings()
    # What deletes comes last: the others are asked about things that there are.
    operations = sorted(
        (_readable(found) for found in document_at(installation.urls[0]).get_all_operations()),
        key=lambda operation: operation.method == "delete",
    )
    # An operation that takes nothing has two cases.
    each = -(-cases // sum(map(_can_be_wrong, operations)))
    with requests.Session() as session:
        session.cookies = _NoCookies()
        ask = partial(_ask, installation, session, findings)
        for operation in operations:
            _for_each(_cases_of(operation, installation.known_ids), each, seed_of_run, ask)
    return findings


def _readable(found: Ok[Operation] | Err[InvalidSchema]) -> Operation:
    if isinstance(found, Err):
        raise found.err()
    return found.ok()


class _NoCookies(RequestsCookieJar):
    """Forgets each cookie at once: a login made by chance would speak for all requests after it."""

    def set_cookie(self, *_args: Any, **_kwargs: Any) -> None:
        """Do nothing."""


def _ask(installation: Installation, session: requests.Session, findings: Findings, case: AnyCase) -> None:
    response = case.call(session=session, headers=installation.operator, timeout=_TIMEOUT_S)
    findings.note(case, response, _failures(case, response))


def _for_each(cases: st.SearchStrategy[AnyCase], count: int, seed_of_run: int, ask: Callable[[AnyCase], None]) -> None:
    """Do something with as many cases, the same ones for the same seed."""

    @seed(seed_of_run)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def one(case: AnyCase) -> None:
        ask(case)

    one()


def _cases_of(operation: Operation, known_ids: Mapping[str, Sequence[str]]) -> st.SearchStrategy[AnyCase]:
    right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE) if _can_be_wrong(operation) else right
    return st.one_of(right, wrong, _about_what_there_is(operation, known_ids))


def _about_what_there_is(operation: Operation, known_ids: Mapping[str, Sequence[str]]) -> st.SearchStrategy[AnyCase]:
    paths, queries = _known(operation.path_parameters, known_ids), _known(operation.query, KNOWN_QUERIES)
    return st.tuples(paths, queries).flatmap(lambda given: _with_body(operation, *given))


def _with_body(operation: Operation, path: dict[str, Any], query: dict[str, Any]) -> st.SearchStrategy[AnyCase]:
    given: dict[str, Any] = {"path_parameters": path or None, "query": query or None}
    bodies = KNOWN_BODIES.get(operation.label)
    if bodies is None:
        return operation.as_strategy(**given)
    return st.one_of([operation.as_strategy(**given, body=body, media_type="application/json") for body in bodies])


def _known(
    parameters: Iterable[OpenApiParameter], values: Mapping[str, Sequence[Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for parameters whose values nobody would guess."""
    names = [each.name for each in parameters if each.name in values]
    return st.fixed_dictionaries({name: st.sampled_from(values[name]) for name in names})


def _can_be_wrong(operation: Operation) -> bool:
    return any(True for _ in operation.iter_parameters()) or len(operation.body) > 0


def _failures(case: AnyCase, response: Response) -> Iterable[Failure]:
    try:
        case.validate_response(response, checks=_checks_of(case))
    except FailureGroup as group:
        return group.exceptions
    except Failure as failure:
        return [failure]
    return []


def _checks_of(case: AnyCase) -> list[CheckFunction]:
    """Return what an answer must keep; a receipt says item by item what was wrong, and not by its status."""
    checks = [*CHECKS, _errors_are_problems]
    return [check for check in checks if check is not negative_data_rejection or case.operation.label not in RECEIPTS]


def _errors_are_problems(_context: Any, response: Response, case: AnyCase) -> None:  # noqa: ANN401 - Schemathesis's
    """Require of each error the shape that all errors have, and that it says of itself what its status line says."""
    if response.status_code < HTTPStatus.BAD_REQUEST or _is_receipt(response):
        return
    problem = response.json()
    if problem.get("status") != response.status_code or not problem.get("code") or not problem.get("detail"):
        raise Failure(operation=case.operation.label, title="An error that is no problem details", message=str(problem))


def _is_receipt(response: Response) -> bool:
    """Return whether every part of a request was refused, which is told part by part."""
    return response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY and "rejected" in response.json()


def report(findings: Findings) -> str:
    """Return the figures of a run: cases by operation and status, and each broken promise."""
    lines = [f"{findings.cases} cases, {len(findings.broken)} promises broken"]
    operations = dict.fromkeys(operation for operation, _ in findings.answers)
    for operation in operations:
        by_status = {status: count for (name, status), count in sorted(findings.answers.items()) if name == operation}
        told = " ".join(f"{status}:{count}" for status, count in by_status.items())
        lines.append(f"{sum(by_status.values()):6}  {operation:52} {told}")
    for broken in findings.broken.values():
        lines += ["", f"{broken.operation}: {broken.title}", broken.detail, broken.request]
    return "\n".join(lines)


def main() -> int:
    """Hold two workers of their own Kafka against their document, print the figures, and say whether all was kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20_000, help="how many requests, about")
    parser.add_argument("--seed", type=int, default=1, help="what they are made from, beside the document")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fleet-contract-") as name:
        folder = Path(name)
        running = start_kafka(folder / "kafka", Settings.load().cache_dir)
        try:
            (folder / "contract").mkdir()
            with installed(running.bootstrap, folder / "contract") as installation:
                findings = hold(installation, asked.cases, asked.seed)
        finally:
            running.broker.stop()
    sys.stdout.write(report(findings) + "\n")
    return 1 if findings.broken else 0


if __name__ == "__main__":
    sys.exit(main())
