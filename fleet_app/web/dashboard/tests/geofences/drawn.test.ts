import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CirclePlace, PolygonPlace } from "../../src/geofences/draft";
import { outlineOf, placeOf } from "../../src/geofences/drawn";
import { distanceM } from "../../src/geofences/shapes";

const circles: fc.Arbitrary<CirclePlace> = fc.record({
  kind: fc.constant("circle" as const),
  lat: fc.double({ min: -70, max: 70, noNaN: true }),
  lon: fc.double({ min: -170, max: 170, noNaN: true }),
  radiusM: fc.double({ min: 5, max: 10_000, noNaN: true }),
});

const SQUARE: PolygonPlace = {
  kind: "polygon",
  corners: [
    { lat: 52, lon: 13 },
    { lat: 52, lon: 14 },
    { lat: 53, lon: 14 },
  ],
  holes: [
    [
      [13.5, 52.2],
      [13.6, 52.2],
      [13.6, 52.3],
      [13.5, 52.2],
    ],
  ],
};

describe("A circle's outline", () => {
  test("that a hand has drawn is the circle that it looks like", () => {
    fc.assert(
      fc.property(circles, (circle) => {
        const drawn = placeOf(
          outlineOf(circle),
          { ...circle, lat: Number.NaN, lon: Number.NaN },
          "drawn",
        ) as CirclePlace;

        expect(Math.abs(drawn.radiusM - circle.radiusM)).toBeLessThan(0.06 + circle.radiusM / 1_000);
        expect(distanceM([drawn.lon, drawn.lat], [circle.lon, circle.lat])).toBeLessThan(0.01 + circle.radiusM / 200);
      }),
    );
  });

  test("that was moved keeps its radius to the last digit", () => {
    fc.assert(
      fc.property(circles, circles, (before, after) => {
        const moved = placeOf(outlineOf({ ...after, radiusM: before.radiusM }), before, "moved");

        expect(moved).toMatchObject({ radiusM: before.radiusM });
      }),
    );
  });

  test("whose rim was dragged keeps its middle to the last digit", () => {
    fc.assert(
      fc.property(circles, fc.double({ min: 5, max: 10_000, noNaN: true }), (before, radiusM) => {
        const reshaped = placeOf(outlineOf({ ...before, radiusM }), before, "reshaped") as CirclePlace;

        expect([reshaped.lat, reshaped.lon]).toEqual([before.lat, before.lon]);
        expect(Math.abs(reshaped.radiusM - radiusM)).toBeLessThan(0.06 + radiusM / 1_000);
      }),
    );
  });
});

describe("A polygon's outline", () => {
  test("is closed, and has its corners in their order", () => {
    expect(outlineOf(SQUARE)).toEqual([
      [13, 52],
      [14, 52],
      [14, 53],
      [13, 52],
    ]);
  });

  test("that a hand has changed keeps its holes", () => {
    const corners = [...SQUARE.corners, { lat: 53, lon: 13 }];

    expect(placeOf(outlineOf({ ...SQUARE, corners }), SQUARE, "reshaped")).toEqual({ ...SQUARE, corners });
  });
});
