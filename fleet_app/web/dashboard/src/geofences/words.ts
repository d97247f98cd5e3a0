/** Geofences in words: how large, what is told of them, when. */

import type { Geofence, Hours } from "../api/geofences";
import { strings } from "../strings";
import { distance, duration, number, speed } from "../units/formats";
import { units } from "../units/preferences";
import type { Compared } from "./differences";
import { areaM2 } from "./shapes";

const M2_PER_FT2 = 0.3048 ** 2;
const M2_PER_KM2 = 1_000_000;
const M2_PER_MI2 = 1_609.344 ** 2;

/** `Circle, radius 120 m`, `Polygon, 5 corners, 0.4 km²`. */
export function sizeText({ shape }: Geofence): string {
  if (shape.type === "circle") return strings.geofences.circle(distance(shape.radius_m));
  const [outline = [], ...holes] = shape.coordinates;
  const size = strings.geofences.polygon(outline.length - 1, areaText(areaM2(shape)));
  return holes.length === 0 ? size : `${size}, ${strings.geofences.holes(holes.length)}`;
}

/** `limit 30 km/h, at most 20 min`; empty if there are none. */
export function limitsText(geofence: Geofence): string {
  const { limit, atMost, exempt, hours } = strings.geofences;
  const told: string[] = [];
  if (geofence.speed_limit_mps !== undefined) told.push(limit(speed(geofence.speed_limit_mps)));
  if (geofence.dwell_limit_s !== undefined) told.push(atMost(duration(geofence.dwell_limit_s)));
  if (geofence.is_exempt) told.push(exempt);
  if ((geofence.schedule ?? []).length > 0) told.push(hours);
  return told.join(", ");
}

/** Return what a field says; null where it says nothing. */
export function factText(geofence: Geofence, field: Compared | "tenant"): string | null {
  switch (field) {
    case "name":
      return geofence.name;
    case "shape":
      return sizeText(geofence);
    case "tags":
      return geofence.tags?.join(", ") ?? null;
    case "tenant":
      return geofence.tenant ?? null;
    case "speed_limit_mps":
      return geofence.speed_limit_mps === undefined ? null : speed(geofence.speed_limit_mps);
    case "dwell_limit_s":
      return geofence.dwell_limit_s === undefined ? null : duration(geofence.dwell_limit_s);
    case "stop_after_s":
      return geofence.stop_after_s === undefined ? null : duration(geofence.stop_after_s);
    case "is_exempt":
      return geofence.is_exempt ? strings.geofences.isExempt : null;
    case "schedule":
      return geofence.schedule?.map(hoursText).join("; ") ?? null;
  }
}

/** `0.4 km²`, `850 m²`; feet and miles. */
export function areaText(m2: number): string {
  const { squareMetres, squareKilometres, squareFeet, squareMiles } = strings.geofences;
  const [small, inSmall, large, inLarge] =
    units.value === "metric"
      ? ([1, squareMetres, M2_PER_KM2, squareKilometres] as const)
      : ([M2_PER_FT2, squareFeet, M2_PER_MI2, squareMiles] as const);
  if (m2 < large / 10) return inSmall(number(m2 / small));
  return inLarge(number(m2 / large, m2 < 100 * large ? 1 : 0));
}

/** `Mon, Tue 22:00–06:00`. */
function hoursText({ days, start, end }: Hours): string {
  return `${days.map((day) => strings.geofences.days[day]).join(", ")} ${start}–${end}`;
}
