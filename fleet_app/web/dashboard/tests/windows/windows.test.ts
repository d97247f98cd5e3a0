import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WINDOW_SIZES, type Window } from "../../src/api/vehicles";
import {
  askedOf,
  choiceOf,
  highest,
  indexAt,
  scaled,
  scalesOf,
  seriesOf,
  spansOf,
  withChoice,
} from "../../src/windows/windows";

const MINUTE_MS = 60_000;
const LENGTHS_MS = { "1m": MINUTE_MS, "1h": 60 * MINUTE_MS, "1d": 1_440 * MINUTE_MS };

function windowAt(start_ms: number, end_ms: number, told: Partial<Window> = {}): Window {
  return {
    start_ms,
    end_ms,
    fixes: 12,
    distance_m: 500,
    moving_s: 60,
    idle_s: 0,
    idle_probable_s: 0,
    stop_s: 0,
    mean_speed_mps: 8,
    max_speed_mps: 12,
    ...told,
  };
}

/** Windows in order, some right behind the one before, some after a gap; days may be an hour shorter or longer. */
const windows = fc
  .array(
    fc.record({
      gapMs: fc.constantFrom(0, 0, MINUTE_MS, 100 * MINUTE_MS),
      lengthMs: fc.constantFrom(23, 24, 25),
      distanceM: fc.float({ min: 0, max: 1e6, noNaN: true }),
      idleS: fc.nat(3_600),
      probableS: fc.nat(3_600),
      meanMps: fc.option(fc.float({ min: 0, max: 50, noNaN: true })),
    }),
    { maxLength: 50 },
  )
  .map((told) => {
    let endMs = 1_800_000_000_000;
    return told.map(({ gapMs, lengthMs, distanceM, idleS, probableS, meanMps }) => {
      const startMs = endMs + gapMs;
      endMs = startMs + lengthMs * LENGTHS_MS["1h"];
      const sums = { distance_m: distanceM, idle_s: idleS, idle_probable_s: probableS, mean_speed_mps: meanMps };
      return windowAt(startMs, endMs, sums);
    });
  });

describe("windows as columns", () => {
  test("follow one another in time, whatever gaps there are", () => {
    fc.assert(
      fc.property(windows, (items) => {
        const { startsMs } = seriesOf({ items });

        expect(startsMs).toEqual([...new Set(startsMs)].sort((a, b) => a - b));
      }),
    );
  });

  test("say of each window what was told of it, at its start", () => {
    fc.assert(
      fc.property(windows, (items) => {
        const series = seriesOf({ items });
        const told = items.map(({ start_ms }) => series.startsMs.indexOf(start_ms));

        expect(told.map((index) => series.distanceM[index])).toEqual(items.map((each) => each.distance_m));
        expect(told.map((index) => series.meanMps[index])).toEqual(items.map((each) => each.mean_speed_mps));
        expect(told.map((index) => series.idleOrProbableS[index])).toEqual(
          items.map((each) => each.idle_s + each.idle_probable_s),
        );
      }),
    );
  });

  test("have a gap where one window does not end when the next begins, and nowhere else", () => {
    fc.assert(
      fc.property(windows, (items) => {
        const { startsMs, distanceM } = seriesOf({ items });
        const gapsMs = startsMs.filter((_, index) => distanceM[index] === null);
        const starts = new Set(items.map(({ start_ms }) => start_ms));

        expect(gapsMs).toEqual(items.map(({ end_ms }) => end_ms).filter((endMs) => !starts.has(endMs)));
      }),
    );
  });

  test("are empty where nothing happened", () => {
    expect(seriesOf({ items: [] }).startsMs).toEqual([]);
  });
});

describe("the window at a time", () => {
  test("is the last that has begun", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(100)), fc.nat(120), (numbers, timeMs) => {
        const startsMs = numbers.sort((a, b) => a - b);
        const begun = startsMs.filter((startMs) => startMs <= timeMs);

        expect(indexAt(startsMs, timeMs)).toBe(begun.length === 0 ? null : begun.length - 1);
      }),
    );
  });
});

describe("a choice of windows", () => {
  const choices = WINDOW_SIZES.flatMap((size) => spansOf(size).map((span) => ({ size, span })));

  test.each(choices)("$size over $span is found again in the address that tells it", (choice) => {
    expect(choiceOf(withChoice(new URLSearchParams("theme=dark"), choice))).toEqual(choice);
  });

  test.each(choices)("$size over $span asks for no more windows than are answered at once", (choice) => {
    const { fromMs, toMs, size } = askedOf(choice, 1_800_000_000_000);

    expect((toMs - fromMs) / LENGTHS_MS[size]).toBeLessThanOrEqual(1_440);
  });

  test("includes the newest fix", () => {
    expect(askedOf({ size: "1m", span: "1h" }, 1_800_000_000_000).toMs).toBe(1_800_000_000_001);
  });

  test.each(["", "size=1y", "size=1m&span=400d", "span="])("falls back to minutes of an hour with %o", (search) => {
    expect(choiceOf(new URLSearchParams(search))).toEqual({ size: "1m", span: "1h" });
  });
});

describe("a scale", () => {
  test("turns metres a second into kilometres an hour, and leaves gaps", () => {
    expect(scaled([10, null], scalesOf("1h", "metric").speed)).toEqual([36, null]);
  });

  test("has metres for minutes and kilometres for more", () => {
    expect(WINDOW_SIZES.map((size) => scalesOf(size, "metric").distance.unit)).toEqual(["m", "km", "km"]);
  });

  test("has feet and miles for who wants them", () => {
    expect(scaled([1_609.344], scalesOf("1d", "imperial").distance)).toEqual([1]);
    expect(scaled([0.3048], scalesOf("1m", "imperial").distance)[0]).toBeCloseTo(1);
  });
});

describe("the highest of a column", () => {
  test("passes gaps over", () => {
    expect(highest([null, 3, null, 1])).toBe(3);
  });

  test("is null where there is none", () => {
    expect(highest([null])).toBeNull();
  });
});
