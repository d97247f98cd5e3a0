import fc from "fast-check";
import { expect, test } from "vitest";
import { eventTicks, fastestOf, shareOf, speedAreas, timeAtShare } from "../../src/trips/profile";
import { point, ready, START_MS } from "./trip";

test("the areas below the speeds are one for each part without a gap", () => {
  const replay = ready([
    point(0, 0, { speed_mps: 5 }),
    point(5, 50, { speed_mps: 10 }),
    point(300, 900, { speed_mps: 10 }),
    point(305, 950, { speed_mps: 0 }),
  ]);
  expect(speedAreas(replay, 305, 100).match(/M/g)?.length).toBe(2);
  expect(speedAreas(replay, 305, 100)).toMatch(/^M0\.0 100L0\.0 50\.0/);
});

test("a device that tells no speeds has no areas and no highest speed", () => {
  const replay = ready([point(0, 0), point(5, 50)]);
  expect([speedAreas(replay, 100, 100), fastestOf(replay)]).toEqual(["", null]);
});

test("ticks lie where halts and gaps are, as long as these last", () => {
  const ticks = eventTicks(ready([point(0, 0), point(5, 50), point(10, 100), point(95, 900), point(100, 950)]));
  expect(ticks).toEqual([{ kind: "gap", from: 0.1, to: 0.95 }]);
});

test("a time and its share of the trip lead to each other", () => {
  const replay = ready([point(0, 0), point(500, 50)]);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500_000 }), (offsetMs) => {
      expect(timeAtShare(replay, shareOf(replay, START_MS + offsetMs))).toBeCloseTo(START_MS + offsetMs, 2);
    }),
  );
});

test("a trip of a single fix is at its start", () => {
  expect(shareOf(ready([point(0, 0)]), START_MS + 5)).toBe(0);
});
