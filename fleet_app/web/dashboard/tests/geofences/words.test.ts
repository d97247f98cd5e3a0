import { beforeEach, expect, test } from "vitest";
import type { Geofence } from "../../src/api/geofences";
import { areaText, factText, limitsText, sizeText } from "../../src/geofences/words";
import { units } from "../../src/units/preferences";

const CIRCLE: Geofence = {
  geofence_id: "depot",
  name: "Depot",
  shape: { type: "circle", lat: 52, lon: 13, radius_m: 120 },
  revision: 1,
};

beforeEach(() => {
  units.value = "metric";
});

test("a circle is as large as its radius", () => {
  expect(sizeText(CIRCLE)).toBe("Circle, radius 120 m");
});

test("a polygon is told by its corners, its area and its holes", () => {
  const outline = [
    [0, 0],
    [0.01, 0],
    [0.01, 0.01],
    [0, 0.01],
    [0, 0],
  ] as const;
  const hole = [
    [0.001, 0.001],
    [0.002, 0.001],
    [0.002, 0.002],
    [0.001, 0.001],
  ] as const;

  expect(sizeText({ ...CIRCLE, shape: { type: "polygon", coordinates: [outline, hole] } })).toBe(
    "Polygon, 4 corners, 1.2 km², with a hole",
  );
});

test("limits stand in one line, and nothing where there are none", () => {
  const hours = [{ days: ["mon"], start: "22:00", end: "06:00" }] as const;

  expect(limitsText(CIRCLE)).toBe("");
  expect(
    limitsText({ ...CIRCLE, speed_limit_mps: 8.3333, dwell_limit_s: 1_200, is_exempt: true, schedule: hours }),
  ).toBe("limit 30 km/h, at most 20 min, idling allowed, limited hours");
  expect(factText({ ...CIRCLE, schedule: hours }, "schedule")).toBe("Mon 22:00–06:00");
});

test.each([
  ["metric", 850, "850 m²"],
  ["metric", 99_999, "99,999 m²"],
  ["metric", 400_000, "0.4 km²"],
  ["metric", 314_000_000, "314 km²"],
  ["imperial", 850, "9,149 ft²"],
  ["imperial", 2_589_988, "1.0 mi²"],
] as const)("in %s units, %d m² is %s", (shown, m2, text) => {
  units.value = shown;

  expect(areaText(m2)).toBe(text);
});
