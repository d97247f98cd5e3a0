/** How many records have waited in each source over the last minutes. Pure. */

import type { Cluster } from "../api/cluster";
import { TIMELINE_MS } from "./timeline";

export interface Lag {
  readonly timeMs: number;
  /** Records that wait in all partitions of the source; null unless each of their owners told. */
  readonly records: number | null;
}

/** The lags of each source, oldest first. */
export type Lags = ReadonlyMap<string, readonly Lag[]>;

/** Return the records that wait in each source, null where a part of it is not known. */
export function lagsOf(cluster: Cluster): Map<string, number | null> {
  const told = cluster.workers.flatMap((worker) => worker.tasks).filter((task) => task.duty === "owner");
  const isWhole = new Set(told.map((task) => task.partition)).size === cluster.partitions;
  const lags = new Map<string, number | null>();
  for (const { topic, lag } of told.flatMap((task) => task.sources)) {
    const sum = lags.get(topic);
    lags.set(topic, sum === null || lag === null || !isWhole ? null : (sum ?? 0) + lag);
  }
  return lags;
}

/** Return lags with those of a time behind them, without what is older than the timeline reaches back. */
export function withLags(before: Lags, timeMs: number, now: ReadonlyMap<string, number | null>): Lags {
  const topics = [...new Set([...before.keys(), ...now.keys()])];
  return new Map(
    topics.map((topic) => [
      topic,
      [
        ...(before.get(topic) ?? []).filter((lag) => lag.timeMs > timeMs - TIMELINE_MS),
        { timeMs, records: now.get(topic) ?? null },
      ],
    ]),
  );
}

/** Return the most that waited; null where nothing is known. */
export function peakOf(lags: readonly Lag[]): number | null {
  const known = lags.flatMap((lag) => (lag.records === null ? [] : [lag.records]));
  return known.length === 0 ? null : known.reduce((peak, records) => Math.max(peak, records));
}

/**
 * Return the lines of a curve in a box of a width and height, from `fromMs` to `toMs`: a new line begins after what is
 * not known.
 */
export function curve(lags: readonly Lag[], span: readonly [number, number], width: number, height: number): string {
  const [fromMs, toMs] = span;
  const peak = Math.max(1, peakOf(lags) ?? 0);
  let isDown = false;
  let path = "";
  for (const { timeMs, records } of lags) {
    if (records === null) {
      isDown = false;
      continue;
    }
    const x = ((timeMs - fromMs) / (toMs - fromMs)) * width;
    path += `${isDown ? "L" : "M"}${x.toFixed(1)} ${(height - (records / peak) * height).toFixed(1)}`;
    isDown = true;
  }
  return path;
}
