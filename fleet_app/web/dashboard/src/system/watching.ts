/** Looking at the cluster, once a second, for as long as the page is open. */

import { signal } from "@preact/signals";
import { Problem } from "../api/ask";
import { type Cluster, clusterNow, metricsText } from "../api/cluster";
import { clockAheadMs } from "../app/state";
import { changesBetween, type Picture, pictureOf } from "./changes";
import { type Lags, lagsOf, withLags } from "./lags";
import { type Entry, withHappened } from "./timeline";

/** How the cluster was at a time, and what happened before. */
export interface Look {
  readonly cluster: Cluster;
  readonly picture: Picture;
  /** By the worker's clock, ms since 1970. */
  readonly timeMs: number;
  readonly timeline: readonly Entry[];
  readonly lags: Lags;
}

/** The newest look; null before the first. Kept when the page is left: what happened is told for ten minutes. */
export const look = signal<Look | null>(null);
/** Why the last attempt to look has failed; null if it has not. */
export const lookProblem = signal<unknown>(null);
/** Metrics of the worker that serves this page; null while they cannot be read. */
export const metrics = signal<string | null>(null);
/** Whether the worker that serves this page does not answer. Another one may be asked how the workers are. */
export const isOwnSilent = signal(false);

const LOOK_EVERY_MS = 1_000;
const READ_METRICS_EVERY_MS = 5_000;
const METRICS_WITHIN_MS = 4_000;

/** Look until the returned function is called, or until it turns out that this key may not. */
export function watchCluster(): () => void {
  const ended = new AbortController();
  lookProblem.value = null;
  void repeat(LOOK_EVERY_MS, ended.signal, () => lookOnce(ended.signal));
  void repeat(READ_METRICS_EVERY_MS, ended.signal, () => readMetrics(ended.signal));
  return () => ended.abort();
}

/** Return whether a problem is that this key may not look. */
export function isForbidden(error: unknown): boolean {
  return error instanceof Problem && error.status === 403;
}

async function lookOnce(ended: AbortSignal): Promise<void> {
  try {
    const cluster = await clusterNow(ended);
    look.value = nextLook(look.value, cluster, Date.now() + clockAheadMs.value);
    lookProblem.value = null;
  } catch (error: unknown) {
    if (!ended.aborted) lookProblem.value = error;
  }
}

/** Return a look with what has changed since the one before. */
export function nextLook(before: Look | null, cluster: Cluster, timeMs: number): Look {
  const picture = pictureOf(cluster);
  const changes = before === null ? [] : changesBetween(before.picture, picture);
  return {
    cluster,
    picture,
    timeMs,
    timeline: withHappened(before?.timeline ?? [], timeMs, changes),
    lags: withLags(before?.lags ?? new Map(), timeMs, lagsOf(cluster)),
  };
}

async function readMetrics(ended: AbortSignal): Promise<void> {
  try {
    metrics.value = await metricsText(AbortSignal.any([ended, AbortSignal.timeout(METRICS_WITHIN_MS)]));
    isOwnSilent.value = false;
  } catch (error: unknown) {
    if (ended.aborted) return;
    // The page says that they are missing, and the next attempt is near.
    metrics.value = null;
    isOwnSilent.value = !(error instanceof Problem) || error.status === 0;
  }
}

async function repeat(everyMs: number, ended: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!ended.aborted && !isForbidden(lookProblem.value)) {
    if (!document.hidden) await work();
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
