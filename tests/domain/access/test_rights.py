"""Which role may do what."""

from fleet_app.domain.access.rights import ROLES, Right, Role


def test_every_right_says_which_roles_have_it() -> None:
    assert set(ROLES) == set(Right)


def test_an_admin_may_do_whatever_others_may_do() -> None:
    lacking = [right for right, roles in ROLES.items() if roles and Role.ADMIN not in roles]

    assert lacking == []


def test_a_device_does_nothing_but_send_positions() -> None:
    assert {right for right, roles in ROLES.items() if Role.DEVICE in roles} == {Right.OPEN, Right.SEND_POSITIONS}
