"""What can be done here, and which role may do it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What somebody is here to do."""

    DEVICE = "device"
    """Sends positions of its own devices, and sees nothing."""
    VIEWER = "viewer"
    """Sees."""
    DISPATCHER = "dispatcher"
    """Sees, and changes geofences and vehicle profiles."""
    ADMIN = "admin"
    """Does all of that, sends positions of any vehicle of its tenant, forgets vehicles, and keeps the keys."""


class Right(StrEnum):
    """What a route needs; every route declares one."""

    OPEN = "open"
    """Nothing: probes, the login page, and what a browser needs to show it."""
    SEND_POSITIONS = "send_positions"
    """To say where vehicles are."""
    SEE = "see"
    """To look at what belongs to one's tenant."""
    CHANGE = "change"
    """To change geofences and vehicle profiles of one's tenant."""
    ADMINISTER = "administer"
    """To forget vehicles and to keep the keys of one's tenant."""
    SEE_ALL_TENANTS = "see_all_tenants"
    """To look at what is not any one tenant's: workers, raw tables, metrics."""
    ANSWER_WORKERS = "answer_workers"
    """To be another worker."""


_SEEING: Final = frozenset({Role.VIEWER, Role.DISPATCHER, Role.ADMIN})
ROLES: Final[Mapping[Right, frozenset[Role]]] = {
    Right.OPEN: frozenset(Role),
    Right.SEND_POSITIONS: frozenset({Role.DEVICE, Role.ADMIN}),
    Right.SEE: _SEEING,
    Right.CHANGE: frozenset({Role.DISPATCHER, Role.ADMIN}),
    Right.ADMINISTER: frozenset({Role.ADMIN}),
    Right.SEE_ALL_TENANTS: _SEEING,
    Right.ANSWER_WORKERS: frozenset(),
}
"""The roles that have a right; `SEE_ALL_TENANTS` needs besides that the caller is of no one tenant."""
