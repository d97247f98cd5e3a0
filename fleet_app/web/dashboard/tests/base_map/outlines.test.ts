import fc from "fast-check";
import { expect, test } from "vitest";
import world from "world-atlas/countries-110m.json";
import { flat, outlinesOf, type World } from "../../src/base_map/outlines";

const lon = fc.integer({ min: -180, max: 180 });
const point = fc.tuple(lon, fc.integer({ min: -80, max: 80 }));

test("longitudes never jump, and are the same places", () => {
  fc.assert(
    fc.property(fc.array(point, { minLength: 1, maxLength: 30 }), (line) => {
      const made = flat(line).slice(0, line.length);
      const steps = made.slice(1).map((each, index) => Math.abs((each[0] ?? 0) - (made[index]?.[0] ?? 0)));

      expect(Math.max(0, ...steps)).toBeLessThanOrEqual(180);
      expect(made.map(([east = 0]) => turned(east))).toEqual(line.map(([east]) => turned(east)));
    }),
  );
});

test("a ring across the date line goes on beyond it", () => {
  expect(
    flat([
      [170, 60],
      [-170, 60],
      [-170, 70],
      [170, 60],
    ]),
  ).toEqual([
    [170, 60],
    [190, 60],
    [190, 70],
    [170, 60],
  ]);
});

test("a ring around the south pole is closed along the lower edge", () => {
  const ring = flat([
    [-180, -70],
    [-60, -75],
    [60, -75],
    [180, -70],
    [-180, -70],
  ]);

  expect(ring.slice(-3)).toEqual([
    [180, -90],
    [-180, -90],
    [-180, -70],
  ]);
});

test("the world has land on all continents, and every ring of it is closed", () => {
  const { features } = outlinesOf(world as unknown as World);
  const rings = features.flatMap(({ geometry }) => (geometry.type === "Polygon" ? geometry.coordinates : []));

  expect(rings.length).toBeGreaterThan(100);
  expect(rings.filter((ring) => String(ring[0]) !== String(ring.at(-1)))).toEqual([]);
});

function turned(east: number): number {
  return (((east % 360) + 360) % 360) + 0;
}
