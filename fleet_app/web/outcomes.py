"""What became of a change: asked where its key is decided, and seen in what this worker shows."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec
from litestar import get
from litestar.params import FromPath

from fleet_app import global_views, topics
from fleet_app.domain.access.rights import Right
from fleet_app.domain.revisions import Kept, Standing, standing_of
from fleet_app.http.access import needs
from fleet_app.http.answers import answers
from fleet_app.http.problems import ApiError, Code, not_found, shown, unavailable
from fleet_app.stream.declarations import GlobalView, Table, Topic
from fleet_app.stream.reads import Duty, LocalViews, TaskReport
from fleet_app.web.cluster import WorkerReport
from fleet_app.web.peers import PeerError
from fleet_app.web.reader import Injected, Reader, decode_segment
from fleet_app.web.whole_views import whole
from tables.api_keys import API_KEYS
from tables.geofences import GEOFENCES
from tables.vehicle_profiles import VEHICLE_PROFILES
from tables.vehicles import VEHICLES


class _Followed(NamedTuple):
    """Where changes of a topic end up: in their agent's table, and in the view of what is accepted."""

    table: Table[str, Kept[Any]]
    view: GlobalView[Any, Any]


_FOLLOWED: Final[Mapping[str, _Followed]] = {
    topics.GEOFENCE_CHANGES.name: _Followed(GEOFENCES, global_views.GEOFENCES),
    topics.VEHICLE_PROFILE_CHANGES.name: _Followed(VEHICLE_PROFILES, global_views.VEHICLE_PROFILES),
    topics.API_KEY_CHANGES.name: _Followed(API_KEYS, global_views.API_KEYS),
}
"""By the topic of changes."""


class VehicleTenant(msgspec.Struct, frozen=True):
    """Whose a vehicle is by its positions; null if none has come in."""

    tenant: str | None


class WorkerOutcomes:
    """What became of changes, as far as one worker can find out."""

    def __init__(self, reader: Reader, views: LocalViews) -> None:
        self._reader, self._views = reader, views

    async def standing(self, topic: Topic, key: str) -> Standing | None:
        """Return how a key stands at the owner of its changes on `topic`; None if that cannot be asked now."""
        membership = self._reader.membership
        owner = membership.owner(self._reader.partition(key))
        if owner is None:
            return None
        if owner == membership.url:
            return _standing_here(self._reader, topic.name, key)
        try:
            return await self._reader.peers.ask(owner, ("internal", "changes", topic.name, key), (), Standing)
        except PeerError:
            return None

    async def position(self, topic: Topic, partition: int) -> int | None:
        """Return the offset of the next record that the owner of a partition handles; None if that is not known."""
        membership = self._reader.membership
        owner = membership.owner(partition)
        if owner is None:
            return None
        if owner == membership.url:
            return _position(membership.tasks(), topic.name, partition)
        try:
            report = await self._reader.peers.ask(owner, ("internal", "worker"), (), WorkerReport)
        except PeerError:
            return None
        return _position(report.tasks, topic.name, partition)

    def shown_revision(self, topic: Topic, key: str) -> int | None:
        """Return the revision of a key that this worker's readers are shown, 0 for none; None before they see any."""
        view = _FOLLOWED[topic.name].view
        if not self._views.is_whole(view):
            return None
        value = self._views.now(view).get(key)
        return 0 if value is None else int(value.revision)

    def shown_tenant(self, topic: Topic, key: str) -> str | None:
        """Return whose a key is by what this worker's readers are shown; None if there is none.

        Raises:
            ApiError: 503, they see nothing yet.
        """
        value = whole(self._views, _FOLLOWED[topic.name].view).get(key)
        tenant: str | None = None if value is None else value.tenant
        return tenant

    async def tenant_of(self, vehicle_id: str) -> str | None:
        """Return whose a vehicle is by its positions; None if none has come in.

        Raises:
            ApiError: 503, the worker that owns it cannot be asked.
        """
        membership = self._reader.membership
        owner = membership.owner(self._reader.partition(vehicle_id))
        if owner is None:
            raise unavailable(Code.NO_OWNER, f"no worker is known to own {shown(vehicle_id)}")
        if owner == membership.url:
            return _tenant_here(self._reader, vehicle_id)
        try:
            found = await self._reader.peers.ask(
                owner, ("internal", "vehicles", vehicle_id, "tenant"), (), VehicleTenant
            )
        except PeerError as error:
            raise unavailable(
                Code.OWNER_UNREACHABLE, f"whose {shown(vehicle_id)} is cannot be told now: {error}"
            ) from error
        return found.tenant


def _tenant_here(reader: Reader, vehicle_id: str) -> str | None:
    """Return whose a vehicle is whose task runs here.

    Raises:
        ApiError: 503, it does not.
    """
    if reader.partition(vehicle_id) not in reader.membership.owned():
        raise _not_here(reader, vehicle_id)
    vehicle = reader.tables.get(VEHICLES, vehicle_id)
    return None if vehicle is None else vehicle.tenant


def _not_here(reader: Reader, key: str) -> ApiError:
    return unavailable(
        Code.NOT_RUNNING,
        f"partition {reader.partition(key)}, where {shown(key)} belongs, is not processed at {reader.membership.url}",
    )


def _standing_here(reader: Reader, topic: str, key: str) -> Standing | None:
    """Return how a key stands if its task runs here; both parts of it are of the same moment."""
    partition = reader.partition(key)
    position = _position(reader.membership.tasks(), topic, partition)
    if position is None or partition not in reader.membership.owned():
        return None
    return standing_of(reader.tables.get(_FOLLOWED[topic].table, key), position)


def _position(tasks: Iterable[TaskReport], topic: str, partition: int) -> int | None:
    """Return where the task of a partition stands in a topic, if it is among these and processes."""
    return next(
        (
            source.position
            for task in tasks
            if task.partition == partition and task.duty is Duty.OWNER
            for source in task.sources
            if source.topic == topic
        ),
        None,
    )


@get(
    "/internal/changes/{topic:str}/{key:str}",
    opt=needs(Right.ANSWER_WORKERS),
    tags=["between workers"],
    summary="How a key stands where its changes are decided",
    responses=answers(Standing, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_standing(reader: Injected, topic: FromPath[str], key: FromPath[str]) -> Standing:
    """Answer another worker, where somebody waits for what becomes of a change."""
    name, asked = decode_segment(topic), decode_segment(key)
    if name not in _FOLLOWED:
        raise not_found(Code.UNKNOWN_KEY, f"{shown(name)} is no topic of changes; there are: {', '.join(_FOLLOWED)}")
    standing = _standing_here(reader, name, asked)
    if standing is None:
        raise _not_here(reader, asked)
    return standing


@get(
    "/internal/vehicles/{vehicle_id:str}/tenant",
    opt=needs(Right.ANSWER_WORKERS),
    tags=["between workers"],
    summary="Whose a vehicle is by its positions",
    responses=answers(VehicleTenant, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_tenant(reader: Injected, vehicle_id: FromPath[str]) -> VehicleTenant:
    """Answer another worker, where somebody wants to change what is known of a vehicle."""
    return VehicleTenant(_tenant_here(reader, decode_segment(vehicle_id)))


HANDLERS: Final = (get_standing, get_tenant)
