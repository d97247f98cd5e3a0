"""What tells the profiles of one moment from those of another, for one tenant: tokens hold while it is the same.

A vehicle without a profile is its record's tenant's, so a tenant's fleet also changes when another tenant's profile
takes a vehicle, or gives it back. What else changes in another's profile makes no difference.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from fleet_app.domain.profiles.profile import VehicleProfile

_MASK = 2**64 - 1


class ProfileMarks(NamedTuple):
    """The marks of one moment. They are sums, so the order of changes does not matter.

    Attributes:
        taken: Of which vehicles have a profile.
        own: By tenant, how much more is to be added for its profiles, which it sees.
    """

    taken: int = 0
    own: Mapping[str, int] = {}

    def of(self, tenant: str | None) -> int:
        """Return what tells the profiles from others for a tenant, or for who sees all."""
        more = sum(self.own.values()) if tenant is None else self.own.get(tenant, 0)
        return (self.taken + more) & _MASK

    def after(self, known: VehicleProfile | None, profile: VehicleProfile | None) -> "ProfileMarks":
        """Return the marks once `profile` is in the place of `known`; None is no profile."""
        taken, own = self.taken, dict(self.own)
        for one, sign in ((known, -1), (profile, 1)):
            if one is not None:
                taken += sign * _taken(one)
                own[one.tenant] = (own.get(one.tenant, 0) + sign * (_seen(one) - _taken(one))) & _MASK
        return ProfileMarks(taken & _MASK, own)


def _taken(profile: VehicleProfile) -> int:
    """Return what a profile adds for those who do not see it."""
    return _number(profile.vehicle_id.encode())


def _seen(profile: VehicleProfile) -> int:
    """Return what a profile adds for those who see it."""
    shown = (
        profile.vehicle_id, profile.tenant, profile.name, profile.plate, profile.driver, profile.group, profile.tags,
    )  # fmt: skip
    return _number(msgspec.msgpack.encode(shown))


def _number(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")
