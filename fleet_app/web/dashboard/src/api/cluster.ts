/** How the workers are, as one of them tells (`docs/api.md`). Names are those of the answers. */

import { get, Problem } from "./ask";

export const PHASES = ["starting", "restoring", "running", "stopping"] as const;
/** Where a worker stands in its life. */
export type Phase = (typeof PHASES)[number];
/** What a worker does for a partition: process it, or keep a copy. */
export type Duty = "owner" | "standby";
export type TaskState = "restoring" | "running" | "stopped";

export interface Source {
  readonly topic: string;
  /** Records that wait to be read; null where it is not known. */
  readonly lag: number | null;
}

/** What a worker does for one partition. */
export interface Task {
  readonly partition: number;
  readonly duty: Duty;
  readonly state: TaskState;
  readonly lag: number | null;
  readonly sources: readonly Source[];
  readonly committed_age_s: number | null;
  /** Offsets of its changelogs read, and in all. */
  readonly restore: { readonly done: number; readonly total: number };
}

/** A worker's copy of something that every worker knows whole. */
export interface GlobalView {
  readonly topic: string;
  readonly keys: number;
  readonly lag: number | null;
  readonly told_age_s: number | null;
  readonly refused: number;
}

export interface Worker {
  readonly url: string;
  /** Null where it did not answer. */
  readonly phase: Phase | null;
  readonly owns: readonly number[];
  readonly standby_for: readonly number[];
  readonly lag: number | null;
  readonly tasks: readonly Task[];
  readonly views: readonly GlobalView[];
  /** Why it did not answer; null where it did. */
  readonly problem: string | null;
}

export interface Cluster {
  /** The worker that answers. */
  readonly asked: string;
  readonly partitions: number;
  readonly unowned: readonly number[];
  readonly workers: readonly Worker[];
}

/** Return how all workers are. @throws {Problem} 403: this key sees one tenant only. */
export function clusterNow(signal?: AbortSignal): Promise<Cluster> {
  return get<Cluster>("/api/cluster", signal);
}

/** Return the metrics of the worker that serves this page, as Prometheus reads them. @throws {Problem} None came. */
export async function metricsText(signal: AbortSignal): Promise<string> {
  const response = await fetch("/metrics", { signal }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new Problem(0, "no_answer", error instanceof Error ? error.message : String(error));
  });
  const isMetrics = response.ok && response.headers.get("Content-Type")?.startsWith("text/plain") === true;
  if (!isMetrics) throw new Problem(response.status, "no_metrics", `/metrics answered ${response.status}`);
  return response.text();
}
