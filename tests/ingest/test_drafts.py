"""What a body asks for, and what is wrong with it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.exceptions import ClientException

from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.ingest.drafts import Draft, read_draft

BODY: dict[str, Any] = {"name": "Depot", "shape": {"type": "circle", "lat": 52.5, "lon": 13.4, "radius_m": 100}}
DEPOT = Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.4, 100.0))


def read(body: object, tenant: str | None = None) -> Draft[Geofence]:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_draft(encoded, Geofence, id_field="geofence_id", default_id="depot", tenant=tenant)


def test_what_has_no_id_gets_the_given_one() -> None:
    assert read(BODY) == Draft(DEPOT, None)


def test_what_names_no_tenant_is_of_the_given_one() -> None:
    told = [read(body, "north").value.tenant for body in (BODY, BODY | {"tenant": "south"})]

    assert [*told, read(BODY).value.tenant] == ["north", "south", "default"]


def test_what_has_an_id_keeps_it() -> None:
    assert read(BODY | {"geofence_id": "yard"}).value.geofence_id == "yard"


@pytest.mark.parametrize(("revision", "seen"), [(0, 0), (3, 3), (None, None)])
def test_the_revision_in_a_body_is_the_one_that_was_seen(revision: int | None, seen: int | None) -> None:
    assert read(BODY | {"revision": revision}) == Draft(DEPOT, seen)


def test_what_is_answered_can_be_sent_back() -> None:
    answered = Geofence(geofence_id="depot", name="Depot", shape=DEPOT.shape, tags=("a",), revision=7)

    assert read(json.loads(json.dumps({**BODY, "geofence_id": "depot", "tags": ["a"], "revision": 7}))) == Draft(
        Geofence(geofence_id="depot", name="Depot", shape=DEPOT.shape, tags=("a",)), answered.revision
    )


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b"\xff", "malformed"),
        (b'{"name":"\xff"}', "utf-8"),
        (b'{"name":' + b"[" * 100_000, "."),
        ([], "Expected `object`"),
        ({}, "missing required field `name`"),
        (BODY | {"name": ""}, r"\$\.name"),
        (BODY | {"revision": -1}, ">= 0"),
        (BODY | {"revision": "3"}, "Expected `int | null`"),
        (BODY | {"geofence_id": "a/b"}, r"\$\.geofence_id"),
        (BODY | {"shape": {"type": "circle", "lat": 91, "lon": 0, "radius_m": 10}}, r"\$\.shape\.lat"),
        (BODY | {"shape": {"type": "square"}}, r"\$\.shape\.type"),
        (BODY | {"sped_limit": 3}, "fields that are none.*sped_limit; there are: geofence_id, name"),
    ],
)
def test_a_body_that_cannot_be_used_is_a_bad_request_that_names_the_fault(body: object, wrong: str) -> None:
    with pytest.raises(ClientException, match=wrong):
        read(body)


@given(st.binary())
def test_no_bytes_are_anything_but_a_draft_or_a_bad_request(body: bytes) -> None:
    with pytest.raises(ClientException):
        read(body)
