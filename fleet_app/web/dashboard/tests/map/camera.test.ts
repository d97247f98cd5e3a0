import fc from "fast-check";
import { expect, test } from "vitest";
import { atOf, boxAround, isFree, textOf } from "../../src/map/camera";

test("a place is told as it is read by people", () => {
  expect(textOf({ lat: 52.430012345, lon: 13.53, zoom: 12.5 })).toBe("52.43001,13.53,12.5");
});

test("what is told of a place leads back there", () => {
  const lat = fc.double({ min: -85, max: 85, noNaN: true });
  const lon = fc.double({ min: -179.9, max: 179.9, noNaN: true });
  fc.assert(
    fc.property(lat, lon, fc.double({ min: 0, max: 22, noNaN: true }), (latDeg, lonDeg, zoom) => {
      const at = atOf(textOf({ lat: latDeg, lon: lonDeg, zoom }));

      expect(at?.lat).toBeCloseTo(latDeg, 4);
      expect(at?.lon).toBeCloseTo(lonDeg, 4);
      expect(at?.zoom).toBeCloseTo(zoom, 1);
    }),
  );
});

test("a map that was turned around the world several times is where it is", () => {
  expect(textOf({ lat: 0, lon: 373.5, zoom: 3 })).toBe("0,13.5,3");
});

test.each([null, "", "52", "52,13", "52,13,", "a,b,c", "91,13,3", "52,181,3", "52,13,-1", "52,13,99", "1,2,3,4"])(
  "%s names no place",
  (text) => {
    expect(atOf(text)).toBeNull();
  },
);

test("a box is around all places, and there is none around nothing", () => {
  const places = [
    { lat: 52, lon: 13 },
    { lat: 53, lon: 12 },
  ];

  expect(boxAround(places)).toEqual({ west: 12, south: 52, east: 13, north: 53 });
  expect(boxAround([])).toBeNull();
});

test("a followed vehicle moves freely around the middle", () => {
  expect(isFree({ x: 500, y: 300 }, 1_000, 600)).toBe(true);
  expect(isFree({ x: 760, y: 300 }, 1_000, 600)).toBe(false);
  expect(isFree({ x: 500, y: 140 }, 1_000, 600)).toBe(false);
});
