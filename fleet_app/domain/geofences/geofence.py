"""What a geofence is, as people draw it and as it stands on `fleet.geofences`."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

MOST_POINTS: Final = 2_000
"""Of a polygon, over all its rings."""

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Tag = Annotated[str, Meta(min_length=1, max_length=64)]
Lat = Annotated[float, Meta(ge=-90.0, le=90.0)]
Lon = Annotated[float, Meta(ge=-180.0, le=180.0)]
GeofenceId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        pattern=r"^(?!\.{1,2}$)[^\x00-\x1f\x7f/]+$(?!\n)",
        description="Unique per installation. No control character, no slash.",
    ),
]


Ring = Annotated[tuple[tuple[Lon, Lat], ...], Meta(min_length=4)]


class Circle(msgspec.Struct, frozen=True, tag_field="type", tag="circle"):
    """Everything within a distance of a point.

    Attributes:
        lat: The middle, degrees, WGS84.
        lon: The same.
        radius_m: The distance.
    """

    lat: Lat
    lon: Lon
    radius_m: Annotated[float, Meta(ge=5.0, le=100_000.0)]


class Polygon(msgspec.Struct, frozen=True, tag_field="type", tag="polygon"):
    """Everything inside a ring and outside of its holes.

    Attributes:
        coordinates: Rings as GeoJSON writes them: the outer one, then its holes, each a closed list of longitude and
            latitude in degrees, WGS84. The edges are straight in longitude and latitude.
    """

    coordinates: Annotated[tuple[Ring, ...], Meta(min_length=1)]


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


ClockTime = Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)")]


class Hours(msgspec.Struct, frozen=True):
    """Part of the week, in the fleet's time zone.

    Attributes:
        days: The days on which it begins.
        start: When it begins, `22:00` for example.
        end: When it ends; on the next day if that is not later than `start`.
    """

    days: Annotated[tuple[Weekday, ...], Meta(min_length=1, max_length=7)]
    start: ClockTime
    end: ClockTime


class Geofence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place, and what is to be told of vehicles there; a value of `fleet.geofences`.

    Attributes:
        geofence_id: What it is known by, also the record's key.
        name: What people call it.
        shape: Where it is.
        tenant: Whose vehicles it is for.
        tags: What it is filtered by.
        schedule: When something is told of it, and when its limits hold; always, if there is none. Vehicles are
            followed in and out all the time.
        speed_limit_mps: Faster inside is told.
        dwell_limit_s: Longer inside is told, once per visit.
        stop_after_s: A rest inside is a stop after so long, not only after 120 s.
        is_exempt: Whether idling inside is nobody's concern.
        revision: 1 for the first, one more for each change.
    """

    geofence_id: GeofenceId
    name: Name
    shape: Circle | Polygon
    tenant: Annotated[str, Meta(min_length=1, max_length=64)] = "default"
    tags: Annotated[tuple[Tag, ...], Meta(max_length=32)] = ()
    schedule: Annotated[tuple[Hours, ...], Meta(max_length=32)] = ()
    speed_limit_mps: Annotated[float, Meta(gt=0.0, le=150.0)] | None = None
    dwell_limit_s: Annotated[float, Meta(gt=0.0, le=2_592_000.0)] | None = None
    stop_after_s: Annotated[float, Meta(ge=30.0, le=120.0)] | None = None
    is_exempt: bool = False
    revision: Annotated[int, Meta(ge=0)] = 0
