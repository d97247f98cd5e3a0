"""Who asks: a role, a tenant, and for devices which they are."""

from typing import Final

import msgspec

from fleet_app.domain.access.rights import ROLES, Right, Role


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who a request comes from, once that is proven.

    Attributes:
        name: What it is known by: an API key's id, or one of the names below.
        role: What it is here to do.
        tenant: Whose it is; None for all tenants'.
        devices: The ids of devices or vehicles that it sends positions of; None for all of its tenant's.
        is_worker: Whether another worker asks, for itself or on behalf of the caller.
    """

    name: str
    role: Role
    tenant: str | None
    devices: frozenset[str] | None = None
    is_worker: bool = False

    def may(self, right: Right) -> bool:
        """Return whether the caller has a right at all; whose things it may use it on, `sees` tells."""
        if right is Right.OPEN:
            return True
        if right is Right.ANSWER_WORKERS:
            return self.is_worker
        if right is Right.SEE_ALL_TENANTS and self.tenant is not None:
            return False
        return self.role in ROLES[right]

    def sees(self, tenant: str | None) -> bool:
        """Return whether what belongs to a tenant, None for none in particular, is the caller's to see.

        With the right to, it is the caller's to change as well.
        """
        return self.tenant is None or self.tenant == tenant

    def sends_for(self, sender_id: str) -> bool:
        """Return whether the caller may send positions under the id of a device or vehicle."""
        return self.devices is None or sender_id in self.devices


OPERATOR: Final = Caller(name="operator", role=Role.ADMIN, tenant=None)
"""Who runs the installation, by `FLEET_API_KEY`."""

LOCAL: Final = Caller(name="local", role=Role.ADMIN, tenant=None, is_worker=True)
"""Anybody on the same machine, other workers included, where no key is asked for."""

WORKER: Final = Caller(name="worker", role=Role.ADMIN, tenant=None, is_worker=True)
"""Another worker that asks for itself, by `FLEET_CLUSTER_SECRET`."""
