"""Many geofences at once, from GeoJSON: each feature becomes a change, and is told what became of it."""

import asyncio
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from litestar.exceptions import ClientException, HTTPException
from msgspec import Meta

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.geofences.geofence import Geofence
from fleet_app.domain.geofences.geojson import FeatureFault, ReadGeofence, read_geojson
from fleet_app.ingest.changes import Change, Door, send
from fleet_app.ingest.producer import Sender
from fleet_app.ingest.tenants import is_others, tenant_fault, unknown
from fleet_app.topics import GEOFENCE_CHANGES

MAX_FEATURES: Final = 10_000
MAX_IMPORT_BYTES: Final = 6 * 1024 * 1024
"""A document is split into its features at once, which takes 8 ms then."""


class AcceptedFeature(msgspec.Struct, frozen=True):
    """A feature whose change is safe in Kafka."""

    index: Annotated[int, Meta(description="Its place among the features, from 0.")]
    geofence_id: Annotated[str, Meta(description="The geofence that it is; made, if the feature has no id.")]
    partition: Annotated[int, Meta(description="Partition of `fleet.geofence-changes`.")]
    offset: Annotated[int, Meta(description="Offset in that partition.")]
    request_id: Annotated[str, Meta(description="What the change is known by.")]


class RefusedFeature(msgspec.Struct, frozen=True):
    """A feature that was not taken, and went nowhere."""

    index: Annotated[int, Meta(description="Its place among the features, from 0.")]
    detail: Annotated[str, Meta(description="What is wrong, and what to do.")]


class ImportReceipt(msgspec.Struct, frozen=True):
    """What became of each feature of a document; every one of them is in one of the two lists."""

    accepted: Annotated[list[AcceptedFeature], Meta(description="In Kafka, in the order of the document.")]
    rejected: Annotated[list[RefusedFeature], Meta(description="Not taken, in the order of the document.")]


async def import_geojson(
    document: bytes, door: Door, caller: Caller, *, change_of: Callable[[Geofence], Change[Geofence]]
) -> ImportReceipt:
    """Send a change for each feature that is a geofence, and say what became of each.

    Args:
        document: A collection of features, or a single one.
        door: Where changes go, and what makes the ids of features that have none.
        caller: Who asks; features that name no tenant are its tenant's.
        change_of: Makes the change that puts a geofence in its place.

    Raises:
        ClientException: The document as a whole cannot be read.
        HTTPException: It has more than `MAX_FEATURES` (413), or Kafka did not confirm all changes in time (503).
    """
    good: list[tuple[int, Change[Geofence]]] = []
    rejected: list[RefusedFeature] = []
    for number, read in enumerate(read_geojson(document, door.new_id, tenant=caller.tenant)):
        match read:
            case ReadGeofence(index=index, geofence=geofence):
                fault = _fault(geofence, caller, door)
                if fault is None:
                    good.append((index, change_of(geofence)))
                else:
                    rejected.append(RefusedFeature(index, fault))
            case FeatureFault(index=None, message=message):
                raise ClientException(f"{message}; nothing was sent")
            case FeatureFault(index=int(index), message=message):
                rejected.append(RefusedFeature(index, message))
        if number == MAX_FEATURES:
            raise HTTPException(
                f"more than {MAX_FEATURES} features in one document; nothing was sent",
                status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            )
        # An intricate outline takes some ms to check.
        await asyncio.sleep(0)
    return ImportReceipt(await _send(good, door.sender) if good else [], rejected)


def _fault(geofence: Geofence, caller: Caller, door: Door) -> str | None:
    """Return in words why a geofence is not the caller's to make or change; None if it is."""
    fault = tenant_fault(geofence.tenant, caller)
    if fault is not None:
        return fault
    if is_others(GEOFENCE_CHANGES, geofence.geofence_id, caller, door.outcomes):
        return unknown(GEOFENCE_CHANGES, geofence.geofence_id).problem.detail
    return None


async def _send(good: Iterable[tuple[int, Change[Geofence]]], sender: Sender) -> list[AcceptedFeature]:
    taken = await send([change for _, change in good], sender)
    return [
        AcceptedFeature(index, place.key, place.partition, place.offset, place.request_id)
        for (index, _), place in zip(good, taken, strict=True)
    ]
