/** The last ten minutes of the cluster as lines that people read. Pure. */

import type { Phase } from "../api/cluster";
import type { Change } from "./changes";

/** How far back the timeline and the curves of lag reach, ms. */
export const TIMELINE_MS = 600_000;

/** Something that happened, to one worker or to partitions that did the same together. */
export type Happening =
  | { readonly kind: "came" | "went"; readonly url: string }
  | { readonly kind: "phase"; readonly url: string; readonly from: Phase | null; readonly to: Phase | null }
  | {
      readonly kind: "moved";
      readonly partitions: readonly number[];
      readonly from: string | null;
      readonly to: string | null;
    }
  /** An owner has read its tables back and processes. */
  | { readonly kind: "restored"; readonly partitions: readonly number[]; readonly url: string };

export interface Entry {
  readonly timeMs: number;
  readonly happening: Happening;
}

/** Return the timeline with what has changed at a time, newest first, without what is older than it reaches back. */
export function withHappened(timeline: readonly Entry[], timeMs: number, changes: readonly Change[]): Entry[] {
  const added = happeningsOf(changes).map((happening) => ({ timeMs, happening }));
  return [...added.reverse(), ...timeline].filter((entry) => entry.timeMs > timeMs - TIMELINE_MS);
}

/** Return what changes say to people: copies that come and go are seen in the grid and told nowhere else. */
export function happeningsOf(changes: readonly Change[]): Happening[] {
  const single: Happening[] = [];
  const moved = new Map<string, Happening & { kind: "moved" }>();
  const restored = new Map<string, Happening & { kind: "restored" }>();
  for (const change of changes) {
    if (change.kind === "owner") {
      const { partition, from, to } = change;
      const group = `${from} ${to}`;
      const partitions = [...(moved.get(group)?.partitions ?? []), partition];
      moved.set(group, { kind: "moved", partitions, from, to });
    } else if (change.kind === "role") {
      if (change.from !== "restoring" || change.to !== "owner") continue;
      const partitions = [...(restored.get(change.url)?.partitions ?? []), change.partition];
      restored.set(change.url, { kind: "restored", partitions, url: change.url });
    } else {
      single.push(change);
    }
  }
  return [...single, ...moved.values(), ...restored.values()];
}

/** Return numbers in order as people write them: `0–3, 5`. */
export function ranges(numbers: readonly number[]): string {
  const spans: [number, number][] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = spans.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else spans.push([number, number]);
  }
  return spans.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(", ");
}

/** Return what tells workers apart: the port where all are on one host, else host and port. */
export function shortNames(urls: readonly string[]): ReadonlyMap<string, string> {
  const hosts = new Set(urls.map((url) => parsed(url)?.hostname ?? url));
  const name = (url: string) => {
    const found = parsed(url);
    if (found === null) return url;
    return hosts.size === 1 && found.port !== "" ? `:${found.port}` : found.host;
  };
  return new Map(urls.map((url) => [url, name(url)]));
}

function parsed(url: string): URL | null {
  return URL.canParse(url) ? new URL(url) : null;
}
