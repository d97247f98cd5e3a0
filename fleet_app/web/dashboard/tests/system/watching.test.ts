import { expect, test } from "vitest";
import type { Cluster, Worker } from "../../src/api/cluster";
import { nextLook } from "../../src/system/watching";

function workerAt(url: string, owns: number[]): Worker {
  return { url, phase: "running", owns, standby_for: [], lag: 0, tasks: [], views: [], problem: null };
}

function clusterOf(...workers: Worker[]): Cluster {
  return { asked: "http://a", partitions: 2, unowned: [], workers };
}

test("the first look tells of nothing that has changed", () => {
  expect(nextLook(null, clusterOf(workerAt("http://a", [0, 1])), 1_000).timeline).toEqual([]);
});

test("a look tells what has changed since the one before, at its time", () => {
  const first = nextLook(null, clusterOf(workerAt("http://a", [0]), workerAt("http://b", [1])), 1_000);
  const second = nextLook(first, clusterOf(workerAt("http://a", [0, 1])), 2_000);
  expect(second.timeline).toEqual([
    { timeMs: 2_000, happening: { kind: "moved", partitions: [1], from: "http://b", to: "http://a" } },
    { timeMs: 2_000, happening: { kind: "went", url: "http://b" } },
  ]);
});
