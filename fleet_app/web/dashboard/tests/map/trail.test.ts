import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linesOf, merged, TRAIL_MS } from "../../src/map/trail";

const START_MS = 1_800_000_000_000;
const NEVER_MS = Number.MAX_SAFE_INTEGER;

function fix(timeS: number, east: number) {
  return { timeMs: START_MS + timeS * 1_000, lat: 0, lon: east / 1_000 };
}

const drive = [fix(0, 0), fix(5, 0.5), fix(10, 1), fix(15, 1.5)];

describe("a trail", () => {
  test("goes through what is known", () => {
    expect(linesOf(drive, NEVER_MS, null)).toEqual([
      [
        [0, 0],
        [0.0005, 0],
        [0.001, 0],
        [0.0015, 0],
      ],
    ]);
  });

  test("does not run ahead of the vehicle, and ends where that is drawn", () => {
    const lines = linesOf(drive, START_MS + 7_000, { timeMs: START_MS + 7_000, lat: 0, lon: 0.0007 });

    expect(lines).toEqual([
      [
        [0, 0],
        [0.0005, 0],
        [0.0007, 0],
      ],
    ]);
  });

  test("is open where nobody knows how the vehicle went", () => {
    const lines = linesOf([...drive, fix(100, 9), fix(105, 9.5)], NEVER_MS, null);

    expect(lines.map((line) => line.length)).toEqual([4, 2]);
  });

  test("holds each time once, in order, the newest telling of it, and none that is too old", () => {
    const anyFixes = fc.array(fc.tuple(fc.integer({ min: 0, max: 1_200 }), fc.nat(9)).map(([s, east]) => fix(s, east)));
    fc.assert(
      fc.property(anyFixes, anyFixes, (known, more) => {
        const fixes = merged(known, more);
        const times = fixes.map(({ timeMs }) => timeMs);
        const newestMs = Math.max(...[...known, ...more].map(({ timeMs }) => timeMs));
        const last = more.at(-1);

        expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
        expect(times.every((timeMs) => timeMs >= newestMs - TRAIL_MS)).toBe(true);
        expect(fixes.every((each) => each.timeMs !== last?.timeMs || each === last)).toBe(true);
      }),
    );
  });
});
