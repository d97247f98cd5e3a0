"""API keys, made, rotated and revoked over HTTP."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from fleet_app.domain.access.api_key import ApiKey, Secret
from fleet_app.domain.access.caller import LOCAL, Caller
from fleet_app.domain.access.keyring import Keyring
from fleet_app.domain.access.rights import Role
from fleet_app.domain.access.tokens import digest_of
from fleet_app.domain.revisions import Outcome, Standing, Verdict
from fleet_app.global_views import API_KEYS
from fleet_app.http.problems import ApiError
from fleet_app.ingest.keys import LONGEST_OVERLAP_S, MAX_BODY_BYTES, Keys, keyring_now, keys_router
from tests.ingest.clients import NORTH, client_as, client_of
from tests.ingest.fakes import AbsentKafka, FakeOutcomes
from tests.ingest.keyrings import NOW_MS, KeyInstallation
from tests.web.fakes import FakeViews

PATH = "/api/keys"
WALLBOARD: dict[str, Any] = {"name": "Wallboard", "role": "viewer"}
PHONES: dict[str, Any] = {"name": "Phones", "role": "device", "tenant": "north", "devices": ["phone-7", "van-9"]}
OFFICE = ApiKey(
    key_id="office",
    name="Office",
    role=Role.ADMIN,
    tenant="south",
    secrets=(Secret(sha256=digest_of("old"), created_ms=NOW_MS - 9_000),),
    revision=3,
)


@pytest.fixture
def installation() -> KeyInstallation:
    return KeyInstallation(OFFICE)


def client(installation: KeyInstallation, caller: Caller = LOCAL) -> TestClient[Litestar]:
    return client_as(caller, installation.router(), outcomes=installation)


@pytest.fixture
def operator(installation: KeyInstallation) -> Iterator[TestClient[Litestar]]:
    with client(installation) as of_all:
        yield of_all


@pytest.fixture
def north(installation: KeyInstallation) -> Iterator[TestClient[Litestar]]:
    with client(installation, NORTH) as of_north:
        yield of_north


def test_a_key_is_made_and_told_once_it_opens(operator: TestClient[Litestar], installation: KeyInstallation) -> None:
    answer = operator.post(PATH, json=PHONES)

    assert (answer.status_code, answer.headers["Location"], answer.headers["ETag"]) == (201, "/api/keys/id-1", '"1"')
    assert answer.json() == {
        "key": "id-1.secret-1",
        "api_key": {
            "key_id": "id-1",
            "name": "Phones",
            "role": "device",
            "tenant": "north",
            "devices": ["phone-7", "van-9"],
            "secrets": [{"created_ms": NOW_MS, "expires_ms": None}],
            "revision": 1,
        },
    }
    assert installation.caller("id-1.secret-1") == Caller(
        name="id-1", role=Role.DEVICE, tenant="north", devices=frozenset({"phone-7", "van-9"})
    )


def test_neither_secret_nor_key_is_in_what_is_sent(
    operator: TestClient[Litestar], installation: KeyInstallation
) -> None:
    operator.post(PATH, json=WALLBOARD)

    assert b"secret-1" not in msgspec.json.encode(installation.changes)


def test_a_key_may_end_by_itself(operator: TestClient[Litestar], installation: KeyInstallation) -> None:
    token = operator.post(PATH, json=WALLBOARD | {"expires_ms": NOW_MS + 1}).json()["key"]

    assert installation.caller(token) is not None
    installation.now_ms += 1
    assert installation.caller(token) is None


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, "missing required field `name`"),
        ({"name": "x", "role": "root"}, "root"),
        (WALLBOARD | {"colour": "red"}, "colour"),
        (WALLBOARD | {"devices": ["phone-7"]}, "a key of role viewer names none"),
        ({"name": "x", "role": "device"}, "a device key names the ids"),
        ({"name": "x", "role": "device", "devices": []}, "length >= 1"),
        (WALLBOARD | {"name": " x"}, "begins or ends with white space"),
        (WALLBOARD | {"expires_ms": NOW_MS}, f"expires_ms {NOW_MS} is not after now"),
    ],
)
def test_a_key_that_cannot_be_is_a_bad_request_and_sends_nothing(
    operator: TestClient[Litestar], installation: KeyInstallation, body: object, wrong: str
) -> None:
    answer = operator.post(PATH, json=body)

    assert answer.status_code == 400
    assert wrong in answer.json()["detail"]
    assert installation.changes == []


@pytest.mark.parametrize("body", [b"", b"[", b"[" * 20_000, b"\xff"])
def test_no_bytes_do_harm(operator: TestClient[Litestar], body: bytes) -> None:
    answers = [operator.post(PATH, content=body), operator.post(f"{PATH}/office/rotate", content=body or b"x")]

    assert [answer.status_code for answer in answers] == [400, 400]


def test_a_body_over_the_limit_is_refused(operator: TestClient[Litestar]) -> None:
    assert operator.post(PATH, content=b" " * (MAX_BODY_BYTES + 1)).status_code == 413


# --- rotation


def test_after_a_rotation_both_secrets_open_for_a_while(
    operator: TestClient[Litestar], installation: KeyInstallation
) -> None:
    answer = operator.post(f"{PATH}/office/rotate", json={"overlap_s": 60})

    assert (answer.status_code, answer.headers["ETag"], answer.json()["key"]) == (200, '"4"', "office.secret-1")
    assert answer.json()["api_key"]["secrets"] == [
        {"created_ms": NOW_MS - 9_000, "expires_ms": NOW_MS + 60_000},
        {"created_ms": NOW_MS, "expires_ms": None},
    ]
    assert installation.caller("office.old") == installation.caller("office.secret-1") is not None
    installation.now_ms += 60_000
    assert installation.caller("office.old") is None
    assert installation.caller("office.secret-1") is not None


def test_the_old_secret_is_good_for_a_day_if_nobody_says_otherwise(
    operator: TestClient[Litestar], installation: KeyInstallation
) -> None:
    answer = operator.post(f"{PATH}/office/rotate")

    assert answer.json()["api_key"]["secrets"][0]["expires_ms"] == NOW_MS + 86_400_000
    assert installation.changes[0][1].seen_revision == 3


def test_a_secret_that_has_leaked_ends_at_once(operator: TestClient[Litestar], installation: KeyInstallation) -> None:
    operator.post(f"{PATH}/office/rotate", json={"overlap_s": 0})

    assert installation.caller("office.old") is None


@pytest.mark.parametrize(
    "body", [{"overlap_s": -1}, {"overlap_s": LONGEST_OVERLAP_S + 1}, {"expires_ms": NOW_MS}, {"role": "admin"}]
)
def test_a_rotation_that_cannot_be_is_a_bad_request(
    operator: TestClient[Litestar], installation: KeyInstallation, body: object
) -> None:
    assert operator.post(f"{PATH}/office/rotate", json=body).status_code == 400
    assert installation.changes == []


# --- revocation


def test_a_revoked_key_opens_no_more(operator: TestClient[Litestar], installation: KeyInstallation) -> None:
    answers = [operator.delete(f"{PATH}/office", params={"wait": "1"}), operator.delete(f"{PATH}/office")]

    assert [answer.status_code for answer in answers] == [204, 202]
    assert installation.caller("office.old") is None


def test_a_key_that_was_changed_since_is_not_revoked(
    operator: TestClient[Litestar], installation: KeyInstallation
) -> None:
    answer = operator.delete(f"{PATH}/office", params={"wait": "1"}, headers={"If-Match": '"2"'})

    assert (answer.status_code, answer.json()["revision"]) == (409, 3)
    assert installation.caller("office.old") is not None


@pytest.mark.parametrize("key_id", ["K1", "k.1", "%0A", "%ff", "k" * 65])
def test_an_id_that_no_key_can_have_is_a_bad_request(operator: TestClient[Litestar], key_id: str) -> None:
    answers = [operator.delete(f"{PATH}/{key_id}"), operator.post(f"{PATH}/{key_id}/rotate")]

    assert [answer.status_code for answer in answers] == [400, 400]


# --- one of several tenants


def test_a_tenants_admin_makes_keys_of_its_tenant(north: TestClient[Litestar], installation: KeyInstallation) -> None:
    made = [north.post(PATH, json=body).json()["api_key"]["tenant"] for body in (WALLBOARD, PHONES)]

    assert made == ["north", "north"]
    assert {change.tenant for _, change in installation.changes} == {"north"}


def test_a_tenants_admin_makes_no_key_for_another_tenant(
    north: TestClient[Litestar], installation: KeyInstallation
) -> None:
    answer = north.post(PATH, json=WALLBOARD | {"tenant": "south"})

    assert (answer.status_code, answer.json()["code"], installation.changes) == (403, "forbidden", [])


def test_whoever_is_of_all_tenants_makes_keys_of_all_of_them_or_of_one(operator: TestClient[Litestar]) -> None:
    made = [operator.post(PATH, json=body).json()["api_key"]["tenant"] for body in (WALLBOARD, PHONES)]

    assert made == [None, "north"]


@pytest.mark.parametrize("tenant", ["south", None])
def test_another_tenants_key_and_one_of_all_are_answered_like_one_that_there_is_not(tenant: str | None) -> None:
    installation = KeyInstallation(msgspec.structs.replace(OFFICE, tenant=tenant))
    with client(installation, NORTH) as asked:
        theirs = [asked.post(f"{PATH}/office/rotate"), asked.delete(f"{PATH}/office", params={"wait": "1"})]
    with client(KeyInstallation(), NORTH) as asked:
        nobodys = [asked.post(f"{PATH}/office/rotate"), asked.delete(f"{PATH}/office", params={"wait": "1"})]

    assert [answer.json() for answer in theirs] == [answer.json() for answer in nobodys]
    assert [(answer.status_code, answer.json()["code"]) for answer in theirs] == [(404, "unknown_api_key")] * 2
    assert installation.changes == []


def test_a_tenants_admin_rotates_and_revokes_its_own() -> None:
    installation = KeyInstallation(msgspec.structs.replace(OFFICE, tenant="north"))
    with client(installation, NORTH) as asked:
        answers = [asked.post(f"{PATH}/office/rotate"), asked.delete(f"{PATH}/office", params={"wait": "1"})]

    assert [answer.status_code for answer in answers] == [200, 204]


# --- when it cannot be told what became of it


def test_of_a_key_that_is_not_confirmed_in_time_it_is_told_that_it_may_exist() -> None:
    with client_of(KeyInstallation(OFFICE).router(longest_wait_s=0.01), outcomes=FakeOutcomes()) as asked:
        answers = [asked.post(PATH, json=WALLBOARD), asked.post(f"{PATH}/office/rotate")]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(503, "not_confirmed")] * 2
    assert "API key 'id-1' may exist" in answers[0].json()["detail"]
    assert "API key 'office' may have another secret" in answers[1].json()["detail"]
    assert ["secret-" in answer.text for answer in answers] == [False, False]


def test_a_key_that_others_rotate_meanwhile_is_a_conflict_and_no_secret_is_told() -> None:
    outcomes = FakeOutcomes([Standing(1, 4, (Outcome("id-1", Verdict.STALE, 4),))])
    with client_of(KeyInstallation(OFFICE).router(), outcomes=outcomes) as asked:
        answer = asked.post(f"{PATH}/office/rotate")

    assert (answer.status_code, answer.json()["revision"]) == (409, 4)
    assert "secret-" not in answer.text


def test_a_kafka_that_is_away_is_service_unavailable() -> None:
    router = keys_router(AbsentKafka(), lambda: "id-1", Keys(Keyring, lambda: "secret", lambda: 0.0))
    with client_of(router) as asked:
        answers = [asked.post(PATH, json=WALLBOARD), asked.delete(f"{PATH}/office")]

    assert [answer.status_code for answer in answers] == [503, 503]


def test_while_keys_are_being_read_none_is_rotated() -> None:
    views = FakeViews()
    assert keyring_now(views) is API_KEYS.empty
    views.are_whole = False

    with pytest.raises(ApiError, match="has not read the API keys yet"):
        keyring_now(views)


def test_the_openapi_document_says_what_is_taken_and_what_is_answered() -> None:
    with client_of(KeyInstallation().router()) as asked:
        document = asked.get("/schema/openapi.json").json()

    made = document["paths"][PATH]["post"]
    assert made["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/KeyDraft"}
    assert set(made["responses"]) == {"201", "400", "403", "409", "413", "503"}
