import fc from "fast-check";
import { expect, test } from "vitest";
import type { Cluster, Task } from "../../src/api/cluster";
import { curve, lagsOf, peakOf, withLags } from "../../src/system/lags";
import { TIMELINE_MS } from "../../src/system/timeline";

function ownerOf(partition: number, lag: number | null): Task {
  const sources = [{ topic: "fleet.positions", lag }];
  const restore = { done: 0, total: 0 };
  return { partition, duty: "owner", state: "running", lag, sources, committed_age_s: null, restore };
}

function clusterOf(tasks: Task[], partitions: number): Cluster {
  const worker = { url: "http://a", phase: "running", owns: [], standby_for: [], lag: 0, tasks, views: [] } as const;
  return { asked: "http://a", partitions, unowned: [], workers: [{ ...worker, problem: null }] };
}

test("a source's lag is the sum of its partitions", () => {
  expect(lagsOf(clusterOf([ownerOf(0, 3), ownerOf(1, 4)], 2)).get("fleet.positions")).toBe(7);
});

test("a source's lag is not known while a partition's is not, or nobody has it", () => {
  expect(lagsOf(clusterOf([ownerOf(0, null), ownerOf(1, 4)], 2)).get("fleet.positions")).toBeNull();
  expect(lagsOf(clusterOf([ownerOf(0, 3)], 2)).get("fleet.positions")).toBeNull();
});

test("lags are kept in order for as long as the timeline, and a source that is gone is not known", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 200_000 }), fc.option(fc.nat()))), (steps) => {
      let timeMs = 0;
      let lags = withLags(new Map(), 0, new Map([["a", 0]]));
      for (const [stepMs, records] of steps) {
        timeMs += stepMs;
        lags = withLags(lags, timeMs, new Map(records === null ? [] : [["a", records]]));
        const kept = lags.get("a") ?? [];
        expect(kept.at(-1)).toEqual({ timeMs, records });
        expect(kept.every((lag, index) => lag.timeMs > (kept[index - 1]?.timeMs ?? timeMs - TIMELINE_MS))).toBe(true);
      }
    }),
  );
});

test("a curve rises to the most that waited, and is broken where nothing is known", () => {
  const lags = [
    { timeMs: 0, records: 0 },
    { timeMs: 1, records: 10 },
    { timeMs: 2, records: null },
    { timeMs: 4, records: 5 },
  ];
  expect(peakOf(lags)).toBe(10);
  expect(curve(lags, [0, 4], 100, 20)).toBe("M0.0 20.0L25.0 0.0M100.0 10.0");
});
