"""Geofences as GeoJSON (RFC 7946), which drawing tools and geographic databases read and write.

A polygon is a feature with a `Polygon`, a circle one with a `Point` and the property `radius_m`. The feature's id is
the geofence's, its other fields are properties of the same names. Read are also `radius` for `radius_m`, and a
`MultiPolygon` of one polygon; altitudes, unknown properties, and properties that are null are passed over.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Raw

from fleet_app.domain.geofences.checks import fault_of
from fleet_app.domain.geofences.geofence import Geofence, Polygon
from fleet_app.domain.geofences.rings import flat_rings

_NOTHING: Final = Raw(b"null")
Place = Annotated[list[float], Meta(min_length=2)]
"""Longitude and latitude in degrees, WGS84; whatever follows is passed over."""


class PointGeometry(msgspec.Struct, frozen=True, tag_field="type", tag="Point"):
    """The middle of a circle."""

    coordinates: Place


class PolygonGeometry(msgspec.Struct, frozen=True, tag_field="type", tag="Polygon"):
    """An outline and its holes."""

    coordinates: list[list[Place]]


class _MultiPolygonGeometry(msgspec.Struct, frozen=True, tag_field="type", tag="MultiPolygon"):
    coordinates: list[list[list[Place]]]


_Geometry = PointGeometry | PolygonGeometry | _MultiPolygonGeometry


class Feature(msgspec.Struct, frozen=True):
    """A geofence as GeoJSON."""

    id: str
    geometry: PointGeometry | PolygonGeometry
    properties: dict[str, object]
    type: Literal["Feature"] = "Feature"


class FeatureCollection(msgspec.Struct, frozen=True):
    """Geofences as GeoJSON."""

    features: list[Feature]
    type: Literal["FeatureCollection"] = "FeatureCollection"


class ReadGeofence(msgspec.Struct, frozen=True):
    """A feature that is a geofence.

    Attributes:
        index: Its place among the features, from 0.
        geofence: What it is; its own revision says nothing.
        revision: The revision that it says to be; None if it does not say.
    """

    index: int
    geofence: Geofence
    revision: int | None


class FeatureFault(msgspec.Struct, frozen=True):
    """A feature that is no geofence.

    Attributes:
        index: Its place among the features, from 0; None if the document as a whole cannot be read.
        message: What is wrong with it, and what to do.
    """

    index: int | None
    message: str


class _WrittenFeature(msgspec.Struct, frozen=True):
    type: Literal["Feature"]
    geometry: Raw = _NOTHING
    properties: dict[str, object] | None = None
    id: str | int | None = None


class _WrittenCollection(msgspec.Struct, frozen=True):
    features: list[Raw]


class _Typed(msgspec.Struct, frozen=True):
    type: str


class _FaultError(Exception):
    """What is wrong with a feature, in a sentence."""


_PROPERTIES: Final = frozenset(Geofence.__struct_fields__) - {"geofence_id", "shape"}
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_WHERE: Final = {
    "`$.geofence_id": "`id",
    "`$.shape.radius_m": "`properties.radius_m",
    "`$.shape": "`geometry",
    "`$.": "`properties.",
}


def feature_of(geofence: Geofence) -> Feature:
    """Return a geofence as a feature. Its outline turns left and its holes right, as the standard asks for."""
    properties: dict[str, object] = msgspec.to_builtins(geofence)
    del properties["geofence_id"], properties["shape"]
    shape = geofence.shape
    if isinstance(shape, Polygon):
        return Feature(geofence.geofence_id, _turned(shape), properties)
    properties["radius_m"] = shape.radius_m
    return Feature(geofence.geofence_id, PointGeometry([shape.lon, shape.lat]), properties)


def collection_of(geofences: Iterable[Geofence]) -> FeatureCollection:
    """Return geofences as a collection of features."""
    return FeatureCollection([feature_of(geofence) for geofence in geofences])


def read_geojson(
    document: bytes, new_id: Callable[[], str], *, tenant: str | None = None
) -> Iterator[ReadGeofence | FeatureFault]:
    """Yield what each feature of a document is; a document is a collection of features, or a single one.

    A feature without an id, also among its properties as `geofence_id`, gets `new_id()`; one that names no tenant is
    of `tenant`, or of the default one. One may take 15 ms to check:
    whoever has others waiting pauses after each.
    """
    try:
        features = _features(document)
    except _FaultError as fault:
        yield FeatureFault(None, str(fault))
        return
    indexes: dict[str, int] = {}
    for index, feature in enumerate(features):
        try:
            read = _read(index, feature, new_id, tenant)
        except _FaultError as fault:
            yield FeatureFault(index, str(fault))
            continue
        geofence_id = read.geofence.geofence_id
        first = indexes.setdefault(geofence_id, index)
        if first == index:
            yield read
        else:
            yield FeatureFault(index, f"its id {geofence_id!r} is that of feature {first}, too: give each its own")


def _features(document: bytes) -> list[Raw]:
    try:
        kind = msgspec.json.decode(document, type=_Typed).type
        if kind == "FeatureCollection":
            return msgspec.json.decode(document, type=_WrittenCollection).features
    except _UNREADABLE as error:
        raise _FaultError(f"this is no GeoJSON: {error}") from error
    if kind != "Feature":
        raise _FaultError(f"this is a {kind!r}; wanted is a FeatureCollection, or a Feature")
    return [Raw(document)]


def _read(index: int, feature: Raw, new_id: Callable[[], str], tenant: str | None) -> ReadGeofence:
    try:
        written = msgspec.json.decode(feature, type=_WrittenFeature)
    except _UNREADABLE as error:
        raise _FaultError(f"it is no feature: {error}") from error
    properties = {name: value for name, value in (written.properties or {}).items() if value is not None}
    given_id = properties.get("geofence_id") if written.id is None else str(written.id)
    fields: dict[str, object] = {} if tenant is None else {"tenant": tenant}
    fields |= {name: properties[name] for name in _PROPERTIES & properties.keys()}
    fields["geofence_id"] = new_id() if given_id is None else given_id
    fields["shape"] = _shape(written.geometry, properties)
    if "name" not in fields:
        if given_id is None:
            raise _FaultError("it has neither a name nor an id: give it the property `name`")
        fields["name"] = given_id
    try:
        geofence = msgspec.convert(fields, Geofence)
    except msgspec.ValidationError as error:
        raise _FaultError(_told(error)) from error
    fault = fault_of(geofence)
    if fault is not None:
        raise _FaultError(fault)
    return ReadGeofence(index, geofence, geofence.revision if "revision" in fields else None)


def _shape(geometry: Raw, properties: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of a circle or polygon; what is in them is not checked yet."""
    read = _geometry(geometry)
    if isinstance(read, PointGeometry):
        radius_m = properties.get("radius_m", properties.get("radius"))
        if radius_m is None:
            raise _FaultError("a Point is the middle of a circle: give it the property `radius_m`, in metres")
        lon, lat = read.coordinates[:2]
        return {"type": "circle", "lat": lat, "lon": lon, "radius_m": radius_m}
    rings = read.coordinates if isinstance(read, PolygonGeometry) else _only(read.coordinates)
    return {"type": "polygon", "coordinates": [[place[:2] for place in ring] for ring in rings]}


def _geometry(geometry: Raw) -> _Geometry:
    try:
        kind = msgspec.json.decode(geometry, type=_Typed | None)
        if kind is None:
            raise _FaultError("it has no geometry: draw a Polygon, or a Point with the property `radius_m`")
        if kind.type not in {"Point", "Polygon", "MultiPolygon"}:
            raise _FaultError(
                f"its geometry is a {kind.type!r}: draw a Polygon, or a Point with the property `radius_m`"
            )
        read: _Geometry = msgspec.json.decode(geometry, type=_Geometry)
    except msgspec.ValidationError as error:
        raise _FaultError(str(error).replace("`$", "`geometry")) from error
    return read


def _only(polygons: list[list[list[Place]]]) -> list[list[Place]]:
    if len(polygons) != 1:
        raise _FaultError(f"its geometry is a MultiPolygon of {len(polygons)}: make a feature of each polygon")
    return polygons[0]


def _told(error: msgspec.ValidationError) -> str:
    """Return what does not fit, by the names that GeoJSON has for it."""
    message = str(error)
    for ours, theirs in _WHERE.items():
        message = message.replace(ours, theirs)
    return message


def _turned(polygon: Polygon) -> PolygonGeometry:
    rings: list[list[Place]] = []
    for number, (ring, flat) in enumerate(zip(polygon.coordinates, flat_rings(polygon), strict=True)):
        doubled = sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in pairwise(flat))
        turns_left = doubled > 0
        places = [[lon, lat] for lon, lat in ring]
        rings.append(places if turns_left == (number == 0) else places[::-1])
    return PolygonGeometry(rings)
