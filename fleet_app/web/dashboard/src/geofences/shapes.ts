/** Shapes of geofences as the map and people take them: outlines, extents and sizes. */

import type { CircleShape, Position, Shape } from "../api/geofences";

export type Rings = readonly (readonly Position[])[];

/** West, south, east and north, degrees. */
export type Bounds = readonly [west: number, south: number, east: number, north: number];

const EARTH_RADIUS_M = 6_371_008.8;
const RADIANS = Math.PI / 180;
const METRES_PER_DEGREE = EARTH_RADIUS_M * RADIANS;
/** Of a circle's outline: half a pixel off at most where the circle is 800 pixels wide. */
const CIRCLE_CORNERS = 90;

/** Return the rings of a shape, closed: the outline and then its holes. */
export function ringsOf(shape: Shape): Rings {
  return shape.type === "polygon" ? shape.coordinates : [circleRing(shape)];
}

/** Return the extent of a shape. */
export function boundsOf(shape: Shape): Bounds {
  const outline = ringsOf(shape)[0] ?? [];
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of outline) {
    west = Math.min(west, lon);
    south = Math.min(south, lat);
    east = Math.max(east, lon);
    north = Math.max(north, lat);
  }
  return [west, south, east, north];
}

/** Return an extent that is larger on every side. */
export function widened(bounds: Bounds, byM: number): Bounds {
  const [west, south, east, north] = bounds;
  const lat = byM / METRES_PER_DEGREE;
  const lon = lat / Math.max(0.01, Math.cos(Math.max(Math.abs(south), Math.abs(north)) * RADIANS));
  return [Math.max(-180, west - lon), Math.max(-90, south - lat), Math.min(180, east + lon), Math.min(90, north + lat)];
}

/** Return the area of a shape in m², holes taken off. */
export function areaM2(shape: Shape): number {
  if (shape.type === "circle") return Math.PI * shape.radius_m ** 2;
  const [outline = 0, ...holes] = shape.coordinates.map(ringAreaM2);
  return Math.max(0, outline - holes.reduce((sum, hole) => sum + hole, 0));
}

/** Return the distance between two places in metres. */
export function distanceM(one: Position, other: Position): number {
  const [lat, otherLat] = [one[1] * RADIANS, other[1] * RADIANS];
  const halfLat = Math.sin((otherLat - lat) / 2);
  const halfLon = Math.sin(((other[0] - one[0]) * RADIANS) / 2);
  const chord = Math.sqrt(halfLat ** 2 + Math.cos(lat) * Math.cos(otherLat) * halfLon ** 2);
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, chord));
}

/** Return the outline of a circle, closed. */
export function circleRing({ lat, lon, radius_m }: CircleShape, corners = CIRCLE_CORNERS): readonly Position[] {
  const ring: Position[] = [];
  for (let corner = 0; corner < corners; corner++) {
    ring.push(placeAt(lat, lon, radius_m, (2 * Math.PI * corner) / corners));
  }
  return [...ring, ...ring.slice(0, 1)];
}

function placeAt(lat: number, lon: number, metres: number, bearing: number): Position {
  const [angle, from] = [metres / EARTH_RADIUS_M, lat * RADIANS];
  const to = Math.asin(Math.sin(from) * Math.cos(angle) + Math.cos(from) * Math.sin(angle) * Math.cos(bearing));
  const across = Math.atan2(
    Math.sin(bearing) * Math.sin(angle) * Math.cos(from),
    Math.cos(angle) - Math.sin(from) * Math.sin(to),
  );
  return [lon + across / RADIANS, to / RADIANS];
}

function ringAreaM2(ring: readonly Position[]): number {
  const [origin = [0, 0]] = ring;
  const scale = Math.cos(origin[1] * RADIANS) * METRES_PER_DEGREE ** 2;
  let twice = 0;
  for (const [index, [lon, lat]] of ring.entries()) {
    const next = ring[index + 1] ?? origin;
    twice += (lon - origin[0]) * (next[1] - origin[1]) - (next[0] - origin[0]) * (lat - origin[1]);
  }
  return (Math.abs(twice) / 2) * scale;
}
