/** Where a vehicle has been in the last minutes: asked for once, then grown by what the feed tells. */

import type { Position } from "geojson";
import { isJump, median, type Past } from "./motion";

/** How far back a trail goes. */
export const TRAIL_MS = 600_000;

/** Return fixes, old and new, each time once, in order, and none older than the trail is long. The newer telling wins. */
export function merged(known: readonly Past[], more: readonly Past[]): readonly Past[] {
  const byTime = new Map<number, Past>();
  for (const fix of known) byTime.set(fix.timeMs, fix);
  for (const fix of more) byTime.set(fix.timeMs, fix);
  const fixes = [...byTime.values()].sort((a, b) => a.timeMs - b.timeMs);
  const newestMs = fixes.at(-1)?.timeMs ?? 0;
  return fixes.filter((fix) => fix.timeMs >= newestMs - TRAIL_MS);
}

/**
 * Return the lines of a trail up to a device time: the vehicle is drawn behind what is known, and its trail does not
 * run ahead of it. `end` is where it is drawn. What lies in a gap is not drawn: nobody knows how it went there.
 */
export function linesOf(fixes: readonly Past[], untilMs: number, end: Past | null): Position[][] {
  const past = fixes.filter((fix) => fix.timeMs <= untilMs);
  const last = past.at(-1);
  if (last !== undefined && end !== null && end.timeMs > last.timeMs) past.push(end);
  const intervalMs = intervalOf(fixes);
  const lines: Position[][] = [];
  past.forEach((fix, index) => {
    const before = past[index - 1];
    if (before === undefined || isJump(before, fix, intervalMs)) lines.push([]);
    lines.at(-1)?.push([fix.lon, fix.lat]);
  });
  return lines.filter((line) => line.length > 1);
}

function intervalOf(fixes: readonly Past[]): number {
  return median(fixes.slice(1).map((fix, index) => fix.timeMs - (fixes[index]?.timeMs ?? fix.timeMs)));
}
