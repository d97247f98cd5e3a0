"""Which vehicles a list is of: by what they do, whose they are, where they are, and since when they were heard of."""

from collections.abc import Sequence
from math import isfinite
from typing import Annotated, Final, NamedTuple

import msgspec
from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import QueryParameter, SkipValidation

from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.states import State
from fleet_app.domain.vehicle import Vehicle
from fleet_app.http.problems import bad_request, shown
from fleet_app.records.vehicle_now import vehicle_now
from fleet_app.web.fields import split_list
from fleet_app.web.spans import read_time

AskedTenant = Annotated[
    str | None, QueryParameter(description="Only those of this tenant; a caller of one tenant sees no others anyway.")
]
AskedGroup = Annotated[str | None, QueryParameter(description="Only vehicles whose profile names this group.")]
AskedTag = Annotated[str | None, QueryParameter(description="Only those with this tag.")]
_CORNERS: Final = 4


class Box(NamedTuple):
    """An area between two parallels and two meridians, degrees; it crosses the antimeridian where west > east."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lat: float, lon: float) -> bool:
        """Return whether a point is inside or on the edge."""
        if not self.south <= lat <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= lon <= self.east
        return lon >= self.west or lon <= self.east


class VehicleFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which vehicles are asked for; None is whatever.

    Attributes:
        states: What they may be doing.
        group: Their profile's group.
        tag: A tag of their profile.
        tenant: Whose they are.
        box: Where their newest judged fix is.
        changed_since_ms: When something of them came in last, at the earliest, ms since 1970.
    """

    states: frozenset[State] | None = None
    group: str | None = None
    tag: str | None = None
    tenant: str | None = None
    box: Box | None = None
    changed_since_ms: int | None = None

    def passes(self, vehicle: Vehicle, profile: VehicleProfile | None) -> bool:
        """Return whether a vehicle is one of them."""
        return (
            self.tenant in (None, vehicle.tenant)
            and (self.changed_since_ms is None or vehicle.received_ms >= self.changed_since_ms)
            and self._fits_profile(profile)
            and (self.box is None or _is_in(self.box, vehicle))
            and (self.states is None or _state_of(vehicle) in self.states)
        )

    def _fits_profile(self, profile: VehicleProfile | None) -> bool:
        if self.group is None and self.tag is None:
            return True
        return (
            profile is not None
            and self.group in (None, profile.group)
            and (self.tag is None or self.tag in profile.tags)
        )


def _is_in(box: Box, vehicle: Vehicle) -> bool:
    last = None if vehicle.course is None else vehicle.course.last
    return last is not None and box.holds(last.lat, last.lon)


def _state_of(vehicle: Vehicle) -> State | None:
    return None if vehicle.course is None else vehicle_now(vehicle, vehicle.course.last).state


def read_filter(  # noqa: PLR0913 - one per parameter of the query
    *,
    status: Annotated[
        list[str] | None,
        QueryParameter(
            description="Only those that do this, or one of these.",
            schema_extra={"items": Schema(type=OpenAPIType.STRING, enum=list(State)), "min_items": 1},
        ),
    ] = None,
    group: AskedGroup = None,
    tag: AskedTag = None,
    tenant: AskedTenant = None,
    bbox: Annotated[
        str | None,
        QueryParameter(
            description="Only those whose newest judged fix is in this area: west,south,east,north in degrees, WGS84; "
            "west > east crosses the antimeridian.",
            schema_extra={"pattern": r"^-?[0-9]+(\.[0-9]+)?(,-?[0-9]+(\.[0-9]+)?){3}$"},
        ),
    ] = None,
    changed_since: Annotated[
        str | None,
        QueryParameter(
            description="Only those of which a position came in at this time or later, by `received_ms`: ISO 8601 or "
            "ms since 1970."
        ),
    ] = None,
) -> VehicleFilter:
    """Read which vehicles are asked for.

    Raises:
        ApiError: 400, naming the parameter, its value and what it may be.
    """
    return VehicleFilter(
        states=None if status is None else _read_states(status),
        group=group,
        tag=tag,
        tenant=tenant,
        box=None if bbox is None else _read_box(bbox),
        changed_since_ms=None if changed_since is None else read_time("changed_since", changed_since),
    )


ASKED_VEHICLES: Final = {"wanted": Provide(read_filter, sync_to_thread=False)}
"""Gives a handler its `wanted`."""
InjectedFilter = NamedDependency[SkipValidation[VehicleFilter]]
"""A handler's `wanted` parameter."""


def _read_states(asked: Sequence[str]) -> frozenset[State]:
    names = split_list(asked)
    unknown = [name for name in names if name not in list(State)]
    if unknown or not names:
        told = ", ".join(map(shown, unknown)) or "none"
        raise bad_request(f"status: {told} is asked for; there are: {', '.join(State)}")
    return frozenset(map(State, names))


def _read_box(text: str) -> Box:
    try:
        box = Box(*map(float, text.split(",", _CORNERS)))
    except (TypeError, ValueError) as error:
        raise _no_box(text) from error
    is_real = all(map(isfinite, box)) and -90 <= box.south <= box.north <= 90  # noqa: PLR2004 - the poles
    if not is_real or not all(-180 <= lon <= 180 for lon in (box.west, box.east)):  # noqa: PLR2004 - the antimeridian
        raise _no_box(text)
    return box


def _no_box(text: str) -> Exception:
    return bad_request(
        f"bbox: {shown(text)} is no west,south,east,north in degrees, south <= north, as 13.2,52.4,13.6,52.6"
    )
