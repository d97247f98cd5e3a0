"""What goes into the audit, what does not, and what happens when it cannot be kept."""

from collections.abc import AsyncIterator

import pytest
from litestar import Router, delete, get, post

from fleet_app.domain.access.rights import Right, Role
from fleet_app.errors import BrokerError
from fleet_app.http.access import needs
from fleet_app.metrics import AUDIT_LOST
from fleet_app.records.audit_entry import AuditEntry
from tests.web.fakes import KEY, NOW_MS, Group, WorkerParts, worker
from tests.web.keys import api_key, bearer, device_key, token

pytestmark = pytest.mark.anyio


@get("/things", opt=needs(Right.SEE))
async def see() -> int:
    return 1


@post("/things", opt=needs(Right.CHANGE))
async def change() -> int:
    return 1


@delete("/things", opt=needs(Right.ADMINISTER), status_code=200)
async def forget() -> int:
    raise LookupError("a defect")


@post("/positions", opt=needs(Right.SEND_POSITIONS))
async def send() -> int:
    return 1


@pytest.fixture
async def alone() -> AsyncIterator[WorkerParts]:
    keys = (
        api_key("dispatch", Role.DISPATCHER, "acme"),
        api_key("admin", Role.ADMIN),
        device_key("tracker", "van-1", tenant="acme"),
    )
    routers = (Router("/", route_handlers=[see, change, forget, send]),)
    async with worker(Group(), [], {}, keys=keys, routers=routers) as parts:
        yield parts


async def test_a_change_is_kept_with_who_made_it_and_what_came_of_it(alone: WorkerParts) -> None:
    await alone.client.post("/things?secret=1", headers=bearer("dispatch"))

    assert alone.audit.kept == [
        AuditEntry(
            time_ms=NOW_MS,
            caller="dispatch",
            role="dispatcher",
            tenant="acme",
            address="127.0.0.1",
            method="POST",
            path="/things",
            status=201,
            worker=alone.url,
        )
    ]


async def test_a_change_that_was_refused_or_failed_or_went_nowhere_is_kept_too(alone: WorkerParts) -> None:
    await alone.client.request("DELETE", "/things", headers=bearer("dispatch"))
    await alone.client.request("DELETE", "/things", headers=bearer("admin"))
    await alone.client.put(f"/nothing{'x' * 600}", headers=bearer("admin"))

    assert [(entry.method, entry.status) for entry in alone.audit.kept] == [
        ("DELETE", 403),
        ("DELETE", 500),
        ("PUT", 404),
    ]
    assert len(alone.audit.kept[2].path) == 512


async def test_reads_and_positions_are_not_kept_nor_what_nobody_known_has_sent(alone: WorkerParts) -> None:
    await alone.client.get("/things")
    await alone.client.post("/positions")
    await alone.client.post("/things", headers={"Authorization": "Bearer wrong"})

    assert alone.audit.kept == []


async def test_a_login_is_kept_whatever_comes_of_it(alone: WorkerParts) -> None:
    for key in (token("dispatch"), "dispatch.wrong", "wrong"):
        await alone.client.post("/login", json={"key": key})

    assert [(entry.caller, entry.role, entry.path, entry.status) for entry in alone.audit.kept] == [
        ("dispatch", "dispatcher", "/login", 204),
        ("dispatch", None, "/login", 401),
        ("(unknown)", None, "/login", 401),
    ]


async def test_a_login_by_form_is_kept_with_what_came_of_it_not_with_where_it_led(alone: WorkerParts) -> None:
    for key in (token("dispatch"), "dispatch.wrong", token("tracker")):
        await alone.client.post("/login", data={"key": key})

    assert [(entry.caller, entry.role, entry.status) for entry in alone.audit.kept] == [
        ("dispatch", "dispatcher", 303),
        ("dispatch", None, 401),
        ("tracker", "device", 403),
    ]


async def test_a_flood_of_wrong_logins_is_kept_as_far_as_it_is_looked_at(alone: WorkerParts) -> None:
    for _ in range(50):
        await alone.client.post("/login", json={"key": "wrong"})

    assert len(alone.audit.kept) == 10


@pytest.mark.parametrize("trouble", [BrokerError("Kafka is gone"), TimeoutError()])
async def test_a_change_is_answered_as_it_went_although_its_entry_is_lost(
    alone: WorkerParts, trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    lost = AUDIT_LOST._value.get()
    alone.audit.trouble = trouble
    answer = await alone.client.post("/things", headers=bearer("dispatch"))

    assert answer.status_code == 201
    assert AUDIT_LOST._value.get() == lost + 1
    assert "dispatch" in caplog.text


async def test_the_operator_is_named_as_such(alone: WorkerParts) -> None:
    await alone.client.post("/things", headers={"Authorization": f"Bearer {KEY}"})

    assert [entry.caller for entry in alone.audit.kept] == ["operator"]
