/**
 * How late the screen is, measured while one looks at it. Two figures:
 *
 * * *frame age*: how old what a frame says may have been when it came in: its way here, and what the worker was behind.
 * * *fix to screen*: from the moment a device took a position, by its own clock, until this screen shows it: the whole
 *   way, the device's waiting and sending included.
 *
 * Both are told by the worker's clock as this page knows it, which takes the quickest frame's way for none.
 */

import type { Fleet } from "./fleet";
import type { Frame } from "./frame";

export interface Quantiles {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What was measured in the last five minutes; null where nothing was. */
export interface Measured {
  readonly frameAge: Quantiles | null;
  readonly fixToScreen: Quantiles | null;
}

const SLICE_MS = 10_000;
const SLICES = 30;
/** A bucket is 5 % wide, so a quantile is exact to 2.5 %. */
const BUCKET_GROWTH = 1.05;
const LONGEST_MS = 86_400_000;
const BUCKETS = bucketOf(LONGEST_MS) + 1;

/** Counts of the last five minutes by size: as much memory for a million of them as for one. */
export class Sliding {
  readonly #slices = Array.from({ length: SLICES }, () => ({ slice: -1, counts: new Uint32Array(BUCKETS) }));

  /** Count a duration. What is negative, by clocks that differ, counts as none. */
  add(durationMs: number, nowMs: number): void {
    const slice = Math.floor(nowMs / SLICE_MS);
    const place = this.#slices[slice % SLICES];
    if (place === undefined) return;
    if (place.slice !== slice) {
      place.slice = slice;
      place.counts.fill(0);
    }
    const bucket = bucketOf(Math.min(durationMs, LONGEST_MS));
    place.counts[bucket] = (place.counts[bucket] ?? 0) + 1;
  }

  /** Return the quantiles of what was counted in the last five minutes; null where that is nothing. */
  quantiles(nowMs: number): Quantiles | null {
    const newest = Math.floor(nowMs / SLICE_MS);
    const sums = new Float64Array(BUCKETS);
    for (const { slice, counts } of this.#slices) {
      if (slice <= newest - SLICES) continue;
      for (const [bucket, count] of counts.entries()) sums[bucket] = (sums[bucket] ?? 0) + count;
    }
    const count = sums.reduce((sum, each) => sum + each, 0);
    return count === 0 ? null : { count, p50Ms: quantile(sums, count * 0.5), p99Ms: quantile(sums, count * 0.99) };
  }
}

/** Measures every frame; the time is always the worker's, ms since 1970. */
export class Latencies {
  readonly #frameAge = new Sliding();
  readonly #fixToScreen = new Sliding();
  #unseenTimesMs: number[] = [];

  /** Take in a frame, before the fleet does. */
  hear(frame: Frame, fleet: Fleet, nowMs: number): void {
    if (frame.behindMs !== null) this.#frameAge.add(nowMs - frame.timeMs + frame.behindMs, nowMs);
    // A snapshot tells old positions anew, and a change of state comes without a new position.
    if (frame.kind !== "delta") return;
    for (const seen of frame.seen) {
      const known = fleet.numbered(seen.number);
      if (known !== undefined && seen.timeMs > known.timeMs) this.#unseenTimesMs.push(seen.timeMs);
    }
  }

  /** The screen is drawn: from now on it shows what was heard before. */
  draw(nowMs: number): void {
    for (const timeMs of this.#unseenTimesMs) this.#fixToScreen.add(nowMs - timeMs, nowMs);
    this.#unseenTimesMs = [];
  }

  /** Nobody looks: what was heard meanwhile is on no screen. */
  passOver(): void {
    this.#unseenTimesMs = [];
  }

  read(nowMs: number): Measured {
    return { frameAge: this.#frameAge.quantiles(nowMs), fixToScreen: this.#fixToScreen.quantiles(nowMs) };
  }
}

function bucketOf(durationMs: number): number {
  return durationMs < 1 ? 0 : 1 + Math.floor(Math.log(durationMs) / Math.log(BUCKET_GROWTH));
}

/** Return the middle of the bucket that holds the duration of a rank. */
function quantile(counts: Float64Array, rank: number): number {
  let sum = 0;
  const bucket = counts.findIndex((count) => {
    sum += count;
    return sum >= rank && count > 0;
  });
  return bucket === 0 ? 0 : BUCKET_GROWTH ** (bucket - 0.5);
}
