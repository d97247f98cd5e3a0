"""What a caller may do, and whose things are its."""

import pytest

from fleet_app.domain.access.caller import LOCAL, OPERATOR, WORKER, Caller
from fleet_app.domain.access.rights import Right, Role

NORTH = Caller(name="k1", role=Role.ADMIN, tenant="north")
VIEWER = Caller(name="k2", role=Role.VIEWER, tenant="north")
WALLBOARD = Caller(name="k3", role=Role.VIEWER, tenant=None)
PHONE = Caller(name="k4", role=Role.DEVICE, tenant="north", devices=frozenset({"phone-7"}))


@pytest.mark.parametrize(
    ("caller", "rights"),
    [
        (OPERATOR, set(Right) - {Right.ANSWER_WORKERS}),
        (LOCAL, set(Right)),
        (WORKER, set(Right)),
        (NORTH, set(Right) - {Right.ANSWER_WORKERS, Right.SEE_ALL_TENANTS}),
        (VIEWER, {Right.OPEN, Right.SEE}),
        (WALLBOARD, {Right.OPEN, Right.SEE, Right.SEE_ALL_TENANTS}),
        (PHONE, {Right.OPEN, Right.SEND_POSITIONS}),
    ],
    ids=lambda value: value.name if isinstance(value, Caller) else "",
)
def test_a_caller_may_do_what_its_role_and_its_tenant_allow(caller: Caller, rights: set[Right]) -> None:
    assert {right for right in Right if caller.may(right)} == rights


def test_a_caller_sees_what_is_its_tenants_and_one_of_all_tenants_everything() -> None:
    assert [VIEWER.sees(tenant) for tenant in ("north", "south", None)] == [True, False, False]
    assert [WALLBOARD.sees(tenant) for tenant in ("north", "south", None)] == [True, True, True]


def test_a_device_sends_for_its_own_ids_and_an_admin_for_any() -> None:
    assert [PHONE.sends_for("phone-7"), PHONE.sends_for("phone-8"), NORTH.sends_for("phone-8")] == [True, False, True]
