/** The speeds of a trip as a drawing: what is high stands for what was fast. Pure. */

import { endMsOf, type Replay, type ReplayEvent, startMsOf } from "./replay";

/** Where an event lies between the start of the trip, 0, and its end, 1. */
export interface Tick {
  readonly kind: ReplayEvent["kind"];
  readonly from: number;
  readonly to: number;
}

// More than a screen is wide tells nothing more.
const COLUMNS = 500;

/** Return the highest speed of a fix, m/s; null where the device tells none. */
export function fastestOf({ points }: Replay): number | null {
  return points.reduce<number | null>(
    (best, { speed_mps: mps }) => (mps === undefined ? best : Math.max(best ?? 0, mps)),
    null,
  );
}

/** Return how far a time is between the start of the trip, 0, and its end, 1. */
export function shareOf(replay: Replay, timeMs: number): number {
  const [startMs, endMs] = [startMsOf(replay), endMsOf(replay)];
  return endMs === startMs ? 0 : Math.min(1, Math.max(0, (timeMs - startMs) / (endMs - startMs)));
}

/** Return the time at such a share of the trip. */
export function timeAtShare(replay: Replay, share: number): number {
  return startMsOf(replay) + (endMsOf(replay) - startMsOf(replay)) * share;
}

/** Return where the events between start and end lie. */
export function eventTicks(replay: Replay): Tick[] {
  return replay.events
    .filter(({ kind }) => kind !== "start" && kind !== "end" && kind !== "last")
    .map(({ kind, timeMs, endMs }) => ({ kind, from: shareOf(replay, timeMs), to: shareOf(replay, endMs) }));
}

/** Return the areas below the speeds as an SVG path: of each narrow column the highest, and nothing in a gap. */
export function speedAreas(replay: Replay, width: number, height: number): string {
  const most = Math.max(1, fastestOf(replay) ?? 0);
  let path = "";
  let area: Column[] = [];
  const close = () => {
    path += areaOf(area, height);
    area = [];
  };
  let lastMs = startMsOf(replay);
  for (const { time_ms, speed_mps } of replay.points) {
    if (time_ms - lastMs > replay.longestStepMs || speed_mps === undefined) close();
    lastMs = time_ms;
    if (speed_mps === undefined) continue;
    const x = (Math.round(shareOf(replay, time_ms) * COLUMNS) / COLUMNS) * width;
    const y = height - (speed_mps / most) * height;
    const last = area.at(-1);
    if (last?.x === x) last.y = Math.min(last.y, y);
    else area.push({ x, y });
  }
  close();
  return path;
}

interface Column {
  readonly x: number;
  y: number;
}

function areaOf(columns: readonly Column[], height: number): string {
  const [first, last] = [columns[0], columns.at(-1)];
  if (first === undefined || last === undefined) return "";
  const tops = columns.map(({ x, y }) => `L${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  return `M${first.x.toFixed(1)} ${height}${tops}L${last.x.toFixed(1)} ${height}Z`;
}
