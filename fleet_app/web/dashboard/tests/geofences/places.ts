/** Geofences as fast-check makes them up: any that the form may hold without a fault. */

import fc from "fast-check";
import { type Geofence, type Position, WEEKDAYS } from "../../src/api/geofences";

const lat = fc.double({ min: -85, max: 85, noNaN: true });
const lon = fc.double({ min: -180, max: 180, noNaN: true });
const position = fc.tuple(lon, lat);
const ring = fc
  .array(position, { minLength: 3, maxLength: 8 })
  .map((points): Position[] => [...points, ...points.slice(0, 1)]);
const clock = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, "0")).join(":"));
const text = fc.string({ minLength: 1, maxLength: 20 }).map((made) => `x${made.trim()}`);

export const circles = fc.record({
  type: fc.constant("circle" as const),
  lat,
  lon,
  radius_m: fc.double({ min: 5, max: 100_000, noNaN: true }),
});

export const polygons = fc.record({
  type: fc.constant("polygon" as const),
  coordinates: fc.tuple(ring, fc.array(ring, { maxLength: 2 })).map(([outline, holes]) => [outline, ...holes]),
});

export const geofences: fc.Arbitrary<Geofence> = fc.record(
  {
    geofence_id: text,
    revision: fc.integer({ min: 1, max: 1_000 }),
    name: text,
    shape: fc.oneof(circles, polygons),
    tenant: text,
    tags: fc.uniqueArray(text, { minLength: 1, maxLength: 5 }),
    schedule: fc.array(
      fc.record({ days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1 }), start: clock, end: clock }),
      { minLength: 1, maxLength: 3 },
    ),
    speed_limit_mps: fc.double({ min: 0.1, max: 150, noNaN: true }),
    dwell_limit_s: fc.double({ min: 1, max: 2_592_000, noNaN: true }),
    stop_after_s: fc.double({ min: 30, max: 120, noNaN: true }),
    is_exempt: fc.constant(true as const),
  },
  { requiredKeys: ["geofence_id", "revision", "name", "shape"] },
);
