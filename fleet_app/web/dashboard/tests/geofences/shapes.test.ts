import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { areaM2, boundsOf, circleRing, distanceM, ringsOf, widened } from "../../src/geofences/shapes";
import { polygons } from "./places";

const towns = fc.record({
  type: fc.constant("circle" as const),
  lat: fc.double({ min: -80, max: 80, noNaN: true }),
  lon: fc.double({ min: -170, max: 170, noNaN: true }),
  radius_m: fc.double({ min: 5, max: 100_000, noNaN: true }),
});

describe("The outline of a circle", () => {
  test("is closed, and everywhere as far from the middle as the radius says", () => {
    fc.assert(
      fc.property(towns, (circle) => {
        const ring = circleRing(circle);

        expect(ring.at(-1)).toEqual(ring[0]);
        for (const place of ring) {
          expect(distanceM([circle.lon, circle.lat], place) / circle.radius_m).toBeCloseTo(1, 4);
        }
      }),
    );
  });

  test("has about the area of the circle", () => {
    const circle = { type: "circle", lat: 52.43, lon: 13.53, radius_m: 120 } as const;

    const drawn = areaM2({ type: "polygon", coordinates: [circleRing(circle)] });

    expect(drawn / areaM2(circle)).toBeCloseTo(1, 2);
  });
});

describe("A polygon", () => {
  test("lies within its extent, and that within a wider one", () => {
    fc.assert(
      fc.property(polygons, (polygon) => {
        const [west, south, east, north] = boundsOf(polygon);
        const [further, below, beyond, above] = widened([west, south, east, north], 500);

        for (const [lon, lat] of ringsOf(polygon)[0] ?? []) {
          expect(lon >= west && lon <= east && lat >= south && lat <= north).toBe(true);
        }
        expect(further <= west && below <= south && beyond >= east && above >= north).toBe(true);
      }),
    );
  });

  test("has its holes taken off its area", () => {
    const square = (side: number) =>
      [
        [0, 0],
        [side, 0],
        [side, side],
        [0, side],
        [0, 0],
      ] as const satisfies readonly (readonly [number, number])[];

    const whole = areaM2({ type: "polygon", coordinates: [square(0.02)] });
    const holed = areaM2({ type: "polygon", coordinates: [square(0.02), square(0.01)] });

    expect(holed / whole).toBeCloseTo(0.75, 6);
  });
});
