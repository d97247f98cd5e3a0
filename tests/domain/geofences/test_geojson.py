"""Geofences to GeoJSON and back."""

import json
from itertools import count, pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.geofences.geofence import Circle, Geofence, Hours, Polygon, Weekday
from fleet_app.domain.geofences.geojson import (
    Feature,
    FeatureFault,
    PolygonGeometry,
    ReadGeofence,
    collection_of,
    feature_of,
    read_geojson,
)
from tests.domain.geofences.shapes import circles, geofence_of, polygons, rectangle

Json = dict[str, object]
SQUARE = rectangle(52.0, 13.0, 52.1, 13.1)
POLYGON: Json = {"type": "Polygon", "coordinates": [SQUARE]}
POINT: Json = {"type": "Point", "coordinates": [13.0, 52.0]}

texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)
clock_times = st.sampled_from(["00:00", "08:30", "17:00", "24:00"])
hours = st.builds(
    Hours, st.lists(st.sampled_from(Weekday), min_size=1, max_size=7).map(tuple), clock_times, clock_times
)
geofences = st.builds(
    Geofence,
    geofence_id=texts.filter(lambda text: text not in {".", ".."} and "/" not in text),
    name=texts,
    shape=st.one_of(circles, polygons(least_m=50)),
    tenant=texts,
    tags=st.lists(texts, max_size=3, unique=True).map(tuple),
    schedule=st.lists(hours, max_size=3).map(tuple),
    speed_limit_mps=st.none() | st.floats(0.1, 150),
    dwell_limit_s=st.none() | st.floats(1, 10_000),
    stop_after_s=st.none() | st.floats(30, 120),
    is_exempt=st.booleans(),
    revision=st.integers(1, 1_000),
)


def read(document: object) -> list[ReadGeofence | FeatureFault]:
    numbers = count(1)
    return list(read_geojson(json.dumps(document).encode(), lambda: f"new-{next(numbers)}"))


def feature(geometry: Json | None, properties: Json | None, **others: object) -> Json:
    return {"type": "Feature", "geometry": geometry, "properties": properties, **others}


def only(document: object) -> Geofence:
    (found,) = read(document)
    assert isinstance(found, ReadGeofence)
    return found.geofence


def fault(document: object) -> str:
    (found,) = read(document)
    assert isinstance(found, FeatureFault)
    return found.message


@given(st.lists(geofences, max_size=3, unique_by=lambda geofence: geofence.geofence_id))
def test_what_is_written_is_read_back(drawn: list[Geofence]) -> None:
    document = msgspec.json.encode(collection_of(drawn))

    found = list(read_geojson(document, lambda: "new"))

    again = [each.geofence for each in found if isinstance(each, ReadGeofence)]
    assert [msgspec.structs.replace(each, shape=Circle(0.0, 0.0, 9.0)) for each in again] == [
        msgspec.structs.replace(each, shape=Circle(0.0, 0.0, 9.0)) for each in drawn
    ]
    assert [each.shape for each in again if isinstance(each.shape, Circle)] == [
        each.shape for each in drawn if isinstance(each.shape, Circle)
    ]
    assert msgspec.json.encode(collection_of(again)) == document
    assert [each.index for each in found] == list(range(len(drawn)))
    assert [each.revision for each in found if isinstance(each, ReadGeofence)] == [each.revision for each in drawn]


@given(polygons(least_m=50))
def test_the_outline_turns_left_and_holes_turn_right(polygon: Polygon) -> None:
    backwards = Polygon(tuple(ring[::-1] for ring in polygon.coordinates))

    written = [feature_of(geofence_of(each)) for each in (polygon, backwards)]

    assert corners(written[0]) == corners(written[1])
    for turned in written:
        for number, ring in enumerate(turned.geometry.coordinates):
            assert turns_left(ring) == (number == 0)


def corners(written: Feature) -> list[list[list[float]]]:
    assert isinstance(written.geometry, PolygonGeometry)
    return [sorted(ring) for ring in written.geometry.coordinates]


def turns_left(ring: object) -> bool:
    assert isinstance(ring, list)
    first = ring[0][0]
    flat = [((lon - first + 180) % 360, lat) for lon, lat in ring]
    doubled: float = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(flat))
    return doubled > 0


def test_a_circle_is_a_point_with_its_radius() -> None:
    written = msgspec.to_builtins(feature_of(geofence_of(Circle(52.0, 13.0, 100.0), "yard")))

    assert written == {
        "type": "Feature",
        "id": "yard",
        "geometry": {"type": "Point", "coordinates": [13.0, 52.0]},
        "properties": {"name": "Yard", "revision": 1, "radius_m": 100.0},
    }


@pytest.mark.parametrize("field", ["radius_m", "radius"])
def test_a_point_with_a_radius_is_a_circle(field: str) -> None:
    assert only(feature(POINT, {"name": "Yard", field: 100}, id="yard")).shape == Circle(52.0, 13.0, 100.0)


def test_altitudes_unknown_properties_and_nulls_are_passed_over() -> None:
    rings = [[(lon, lat, 34.5) for lon, lat in SQUARE]]
    properties: Json = {"name": "Yard", "fill": "#ff0000", "speed_limit_mps": None}

    geofence = only(feature({"type": "Polygon", "coordinates": rings}, properties, id="yard", bbox=[0, 0, 1, 1]))

    assert geofence == Geofence(geofence_id="yard", name="Yard", shape=Polygon((SQUARE,)))


def test_a_multipolygon_of_one_is_a_polygon() -> None:
    geometry: Json = {"type": "MultiPolygon", "coordinates": [[SQUARE]]}

    assert only(feature(geometry, {"name": "Yard"})).shape == Polygon((SQUARE,))


@pytest.mark.parametrize(
    ("written", "geofence_id", "name"),
    [
        (feature(POLYGON, {"name": "Yard"}, id="yard"), "yard", "Yard"),
        (feature(POLYGON, {"name": "Yard"}, id=7), "7", "Yard"),
        (feature(POLYGON, {"name": "Yard", "geofence_id": "yard"}), "yard", "Yard"),
        (feature(POLYGON, {"name": "Yard", "geofence_id": "other"}, id="yard"), "yard", "Yard"),
        (feature(POLYGON, None, id="yard"), "yard", "yard"),
        (feature(POLYGON, {"name": "Yard"}), "new-1", "Yard"),
    ],
)
def test_ids_and_names_are_where_tools_write_them(written: Json, geofence_id: str, name: str) -> None:
    geofence = only(written)

    assert (geofence.geofence_id, geofence.name) == (geofence_id, name)


def test_a_feature_that_names_no_revision_has_seen_none() -> None:
    (found,) = read(feature(POLYGON, {"name": "Yard"}))

    assert isinstance(found, ReadGeofence)
    assert found.revision is None


def test_each_feature_is_read_on_its_own() -> None:
    found = read(
        {
            "type": "FeatureCollection",
            "features": [
                feature(POLYGON, {"name": "Yard"}, id="yard"),
                7,
                feature(POINT, {"name": "Gate"}),
                feature(POLYGON, {"name": "Yard"}, id="yard"),
                feature(POLYGON, {"name": "Hall"}, id="hall"),
            ],
        }
    )

    assert [type(each) for each in found] == [ReadGeofence, FeatureFault, FeatureFault, FeatureFault, ReadGeofence]
    assert [each.index for each in found] == [0, 1, 2, 3, 4]
    assert found[3] == FeatureFault(3, "its id 'yard' is that of feature 0, too: give each its own")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "this is no GeoJSON"),
        ({}, "this is no GeoJSON: Object missing required field `type`"),
        ({"type": "FeatureCollection"}, "this is no GeoJSON: Object missing required field `features`"),
        (POLYGON, "this is a 'Polygon'; wanted is a FeatureCollection, or a Feature"),
    ],
)
def test_a_document_that_holds_no_features_is_told_as_a_whole(document: object, told: str) -> None:
    (found,) = read(document)

    assert isinstance(found, FeatureFault)
    assert found.index is None
    assert told in found.message


def test_bytes_that_are_no_json_are_told() -> None:
    (found,) = read_geojson(b"\xff{", lambda: "new")

    assert isinstance(found, FeatureFault)
    assert "this is no GeoJSON" in found.message


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (feature(None, {"name": "Yard"}), "it has no geometry: draw a Polygon"),
        (feature({"type": "LineString", "coordinates": []}, {}), "its geometry is a 'LineString': draw a Polygon"),
        (feature({"coordinates": []}, {}), "Object missing required field `type`"),
        (feature({"type": "Polygon", "coordinates": [[[13.0]]]}, {}), "at `geometry.coordinates[0][0]`"),
        (
            feature({"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}, {}),
            "its geometry is a MultiPolygon of 2: make a feature of each polygon",
        ),
        (feature(POINT, {"name": "Yard"}), "a Point is the middle of a circle: give it the property `radius_m`"),
        (feature(POINT, {"name": "Yard", "radius": 1}), "`float` >= 5.0 - at `properties.radius_m`"),
        (feature(POLYGON, {}), "it has neither a name nor an id: give it the property `name`"),
        (feature(POLYGON, {"name": "Yard", "speed_limit_mps": "5"}), "got `str` - at `properties.speed_limit_mps`"),
        (feature(POLYGON, {"name": "Yard", "geofence_id": 7}), "got `int` - at `id`"),
        (feature(POLYGON, {"name": "Yard"}, id="a/b"), "at `id`"),
        (feature({"type": "Polygon", "coordinates": [SQUARE[:3]]}, {"name": "Yard"}), "at `geometry.coordinates[0]`"),
        (feature({"type": "Polygon", "coordinates": [SQUARE[:4]]}, {"name": "Yard"}), "the outline is not closed"),
    ],
)
def test_a_feature_that_is_no_geofence_is_told_with_what_to_do(written: Json, told: str) -> None:
    assert told in fault(written)


def test_a_feature_that_names_no_tenant_is_of_the_one_that_is_given_or_of_the_default_one() -> None:
    document = json.dumps(feature(POLYGON, {"name": "Depot"})).encode()
    theirs = json.dumps(feature(POLYGON, {"name": "Depot", "tenant": "south"})).encode()

    found = [
        *read_geojson(document, lambda: "a"),
        *read_geojson(document, lambda: "a", tenant="north"),
        *read_geojson(theirs, lambda: "a", tenant="north"),
    ]
    assert [each.geofence.tenant for each in found if isinstance(each, ReadGeofence)] == ["default", "north", "south"]
