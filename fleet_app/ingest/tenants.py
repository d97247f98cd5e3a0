"""Whose things doors may change: a caller of one tenant knows of no other tenant's.

What is another's is answered like what there is not. What this worker is shown may be behind, so these checks spare
the sending only: the agent that decides a change has the last word, by the tenant that stands in it.
"""

from http import HTTPStatus
from typing import Final, Protocol

from fleet_app.domain.access.caller import Caller
from fleet_app.http.problems import ApiError, Code, not_found, shown
from fleet_app.stream.declarations import Topic
from fleet_app.topics import API_KEY_CHANGES, GEOFENCE_CHANGES, VEHICLE_PROFILE_CHANGES


class Owners(Protocol):
    """Where this worker learns whose something is."""

    def shown_tenant(self, topic: Topic, key: str) -> str | None:
        """Return whose a key is by what this worker's readers are shown; None if there is none.

        Raises:
            ApiError: 503, they see nothing yet.
        """

    async def tenant_of(self, vehicle_id: str) -> str | None:
        """Return whose a vehicle is by its positions; None if none has come in.

        Raises:
            ApiError: 503, the worker that owns it cannot be asked.
        """


_UNKNOWN: Final = {
    GEOFENCE_CHANGES.name: (Code.UNKNOWN_GEOFENCE, "there is no geofence {}"),
    VEHICLE_PROFILE_CHANGES.name: (Code.UNKNOWN_PROFILE, "no profile of a vehicle {} is known"),
    API_KEY_CHANGES.name: (Code.UNKNOWN_API_KEY, "there is no API key {}"),
}


def unknown(topic: Topic, key: str) -> ApiError:
    """Return what is answered for a key that there is not, and for one that is not the caller's to know of."""
    code, sentence = _UNKNOWN[topic.name]
    return not_found(code, sentence.format(shown(key)))


def is_others(topic: Topic, key: str, caller: Caller, owners: Owners) -> bool:
    """Return whether a key is another tenant's than the caller's.

    Raises:
        ApiError: 503, that cannot be told yet.
    """
    return caller.tenant is not None and owners.shown_tenant(topic, key) not in (None, caller.tenant)


def check_not_others(topic: Topic, key: str, caller: Caller, owners: Owners) -> None:
    """Refuse to touch a key that is another tenant's.

    Raises:
        ApiError: 404, it is; 503, that cannot be told yet.
    """
    if is_others(topic, key, caller, owners):
        raise unknown(topic, key)


def check_own(topic: Topic, key: str, caller: Caller, owners: Owners) -> None:
    """Refuse a caller of one tenant to touch a key that is not there as its tenant's.

    Raises:
        ApiError: 404, it is not; 503, that cannot be told yet.
    """
    if caller.tenant is not None and owners.shown_tenant(topic, key) != caller.tenant:
        raise unknown(topic, key)


async def tenant_of_vehicle(vehicle_id: str, owners: Owners) -> str | None:
    """Return whose a vehicle is: by its profile, without one by its positions; None if nobody knows it.

    Raises:
        ApiError: 503, that cannot be told now.
    """
    tenant = owners.shown_tenant(VEHICLE_PROFILE_CHANGES, vehicle_id)
    return await owners.tenant_of(vehicle_id) if tenant is None else tenant


def check_tenant(told: str | None, caller: Caller) -> None:
    """Refuse a value that shall be another tenant's than the caller's.

    Raises:
        ApiError: 403.
    """
    fault = tenant_fault(told, caller)
    if fault is not None:
        raise ApiError(HTTPStatus.FORBIDDEN, Code.FORBIDDEN, f"{fault}; nothing was sent")


def tenant_fault(told: str | None, caller: Caller) -> str | None:
    """Return in words why a value of a tenant, None for all, is not a caller's to make; None if it is."""
    if caller.tenant in (None, told):
        return None
    meant = "all tenants" if told is None else f"tenant {shown(told)}"
    return f"this is for {meant}, and {caller.name!r} is a key of {caller.tenant!r}: leave out `tenant`"
