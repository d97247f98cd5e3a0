/** The world's outline as a flat map needs it. world-atlas is made for globes: its coasts cross the date line. */

import type { Feature, FeatureCollection, MultiPolygon, Polygon, Position } from "geojson";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";

/** The world as world-atlas has it. */
export type World = Topology<{ countries: GeometryCollection; land: GeometryCollection }>;

/** Return the world's land, and the borders that two countries share. */
export function outlinesOf(world: World): FeatureCollection {
  const { countries, land } = world.objects;
  const borders = mesh(world, countries, (one, other) => one !== other);
  return {
    type: "FeatureCollection",
    features: [
      ...feature(world, land).features.flatMap(({ geometry }) => polygonsOf(geometry)),
      { type: "Feature", properties: { kind: "border" }, geometry: borders },
    ],
  };
}

function polygonsOf(geometry: GeoJSON.Geometry): Feature<Polygon>[] {
  return polygons(geometry).map((rings) => ({
    type: "Feature",
    properties: { kind: "land" },
    geometry: { type: "Polygon", coordinates: rings.map(flat) },
  }));
}

function polygons(geometry: GeoJSON.Geometry): MultiPolygon["coordinates"] {
  if (geometry.type === "MultiPolygon") return geometry.coordinates;
  return geometry.type === "Polygon" ? [geometry.coordinates] : [];
}

/**
 * Return a ring whose longitudes never jump: where it crosses the date line it goes on beyond 180°, which maps draw on
 * both sides. One that goes all the way around the south pole, Antarctica's, is closed along the map's lower edge.
 */
export function flat(ring: readonly Position[]): Position[] {
  const points: Position[] = [];
  let before = ring[0]?.[0] ?? 0;
  for (const [lon = 0, lat = 0] of ring) {
    before = lon + 360 * Math.round((before - lon) / 360);
    points.push([before, lat]);
  }
  const first = points[0];
  if (first?.[0] === undefined || Math.abs(before - first[0]) < 180) return points;
  return [...points, [before, -90], [first[0], -90], first];
}
