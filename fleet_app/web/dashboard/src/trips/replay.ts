/** A trip as it is replayed: where the vehicle was at any time of it, and what happened on the way. Pure. */

import type { Ending, LegWithTrack, TrackPoint } from "../api/trips";

export interface Replay {
  /** At least one, in the order of their times. */
  readonly points: readonly TrackPoint[];
  /** The way from the first point to each, m. */
  readonly distancesM: readonly number[];
  /** The heading at each point, degrees; null where the vehicle never moved. */
  readonly headingsDeg: readonly (number | null)[];
  /** The longest time between two points that the vehicle is shown to drive through, ms. */
  readonly longestStepMs: number;
  /** In the order of their times. */
  readonly events: readonly ReplayEvent[];
}

export interface ReplayEvent {
  /** `gap`: nothing was told, from `timeMs` to `endMs`. `last`: the newest fix of a trip that goes on. */
  readonly kind: "start" | "halt" | "gap" | "fastest" | "end" | "last";
  readonly timeMs: number;
  /** The same as `timeMs` for what has no length. */
  readonly endMs: number;
  readonly lat: number;
  readonly lon: number;
  /** With `fastest`. */
  readonly speedMps: number | null;
  /** With `end`. */
  readonly ending: Ending | null;
}

/** The vehicle at an instant. */
export interface Moment {
  readonly timeMs: number;
  readonly lat: number;
  readonly lon: number;
  /** Null where it is not known. */
  readonly speedMps: number | null;
  readonly headingDeg: number | null;
  readonly distanceM: number;
  /** Whether nothing was told around this instant: the position is that of the last fix before. */
  readonly isGap: boolean;
}

// With one fix lost, two are two intervals apart, and a little more with an uneven clock.
const LONGEST_STEP_INTERVALS = 2.5;
const SHORTEST_GAP_MS = 10_000;
// Wider than what the fixes of a parked vehicle scatter, narrower than a car moves on in slow traffic.
const HALT_RADIUS_M = 25;
const SHORTEST_HALT_MS = 45_000;
// Below this the direction between two fixes is that of their errors.
const SHORTEST_HEADING_M = 5;
const EARTH_RADIUS_M = 6_371_008.8;

/** Return a trip ready for replay; null where no fix of it is kept. */
export function replayOf(trip: LegWithTrack): Replay | null {
  const points = trip.track ?? [];
  if (points.length === 0) return null;
  const longestStepMs = longestStepOf(points);
  return {
    points,
    distancesM: distancesOf(points, trip.distance_m),
    headingsDeg: headingsOf(points, longestStepMs),
    longestStepMs,
    events: eventsOf(trip, points, longestStepMs),
  };
}

export function startMsOf(replay: Replay): number {
  return pointAt(replay.points, 0).time_ms;
}

export function endMsOf(replay: Replay): number {
  return pointAt(replay.points, replay.points.length - 1).time_ms;
}

/** Return the vehicle at a time; before the first fix at the first, behind the last at the last. */
export function momentAt(replay: Replay, timeMs: number): Moment {
  const { points, distancesM, headingsDeg, longestStepMs } = replay;
  const index = indexAt(points, timeMs);
  const before = pointAt(points, index);
  const after = points[index + 1];
  const distanceM = distancesM[index] ?? 0;
  const headingDeg = headingsDeg[index] ?? null;
  const here = { timeMs: Math.max(timeMs, before.time_ms), lat: before.lat, lon: before.lon, distanceM, headingDeg };
  if (after === undefined) return { ...here, timeMs: before.time_ms, speedMps: speedOf(before), isGap: false };
  const share = Math.max(0, timeMs - before.time_ms) / (after.time_ms - before.time_ms);
  if (share === 0) return { ...here, speedMps: speedOf(before), isGap: false };
  if (after.time_ms - before.time_ms > longestStepMs) return { ...here, speedMps: null, isGap: true };
  return {
    timeMs,
    lat: before.lat + (after.lat - before.lat) * share,
    lon: before.lon + eastward(before.lon, after.lon) * share,
    speedMps: between(speedOf(before), speedOf(after), share),
    headingDeg: headingBetween(headingDeg, headingsDeg[index + 1] ?? null, share),
    distanceM: distanceM + ((distancesM[index + 1] ?? distanceM) - distanceM) * share,
    isGap: false,
  };
}

/** Return the time to show when a while has gone by: gaps are stepped over, and the end is not passed. */
export function playedOn(replay: Replay, timeMs: number, elapsedMs: number, rate: number): number {
  const next = Math.min(Math.max(timeMs, startMsOf(replay)) + elapsedMs * rate, endMsOf(replay));
  if (!momentAt(replay, next).isGap) return next;
  return pointAt(replay.points, indexAt(replay.points, next) + 1).time_ms;
}

/** Return the first event behind a time; undefined behind the last. */
export function eventAfter(replay: Replay, timeMs: number): ReplayEvent | undefined {
  return replay.events.find((event) => event.timeMs > timeMs);
}

/** Return the last event ahead of a time; undefined ahead of the first. */
export function eventBefore(replay: Replay, timeMs: number): ReplayEvent | undefined {
  return replay.events.findLast((event) => event.timeMs < timeMs);
}

/** Return the parts of the way that were told without a gap, each with two points at least. */
export function drivenParts(replay: Replay): TrackPoint[][] {
  const parts: TrackPoint[][] = [];
  let part: TrackPoint[] = [];
  for (const point of replay.points) {
    const last = part.at(-1);
    if (last !== undefined && point.time_ms - last.time_ms > replay.longestStepMs) {
      parts.push(part);
      part = [];
    }
    part.push(point);
  }
  return [...parts, part].filter((each) => each.length > 1);
}

/** Return the way of a polyline in Google's encoding with five digits, as longitudes and latitudes. */
export function wayOf(polyline: string): [number, number][] {
  const way: [number, number][] = [];
  let [index, lat, lon] = [0, 0, 0];
  const next = (): number => {
    let [value, shift, chunk] = [0, 0, 0x20];
    while (chunk >= 0x20 && index < polyline.length) {
      chunk = polyline.charCodeAt(index) - 63;
      index += 1;
      value |= (chunk & 0x1f) << shift;
      shift += 5;
    }
    return value & 1 ? ~(value >> 1) : value >> 1;
  };
  while (index < polyline.length) {
    lat += next();
    lon += next();
    way.push([lon / 1e5, lat / 1e5]);
  }
  return way;
}

/** Return a time as an address tells it, to the second: `2026-11-23T14:05:09Z`. */
export function timeText(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

/** Return the time of such a text, ms since 1970; null where it is none. */
export function timeOf(text: string | null): number | null {
  const timeMs = text !== null && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) ? null : timeMs;
}

/** Return the great-circle distance of two places, m. */
export function distanceBetween(a: TrackPoint, b: TrackPoint): number {
  const half = (degrees: number) => Math.sin((degrees * Math.PI) / 360) ** 2;
  const cosines = Math.cos((a.lat * Math.PI) / 180) * Math.cos((b.lat * Math.PI) / 180);
  const chord = half(b.lat - a.lat) + cosines * half(b.lon - a.lon);
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(chord)));
}

function longestStepOf(points: readonly TrackPoint[]): number {
  const steps = points.slice(1).map((point, index) => point.time_ms - pointAt(points, index).time_ms);
  const middle = steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  return Math.max(SHORTEST_GAP_MS, middle * LONGEST_STEP_INTERVALS);
}

/** The ways between the fixes, stretched to end at the distance that the trip is told with. */
function distancesOf(points: readonly TrackPoint[], tripM: number): number[] {
  let sumM = 0;
  const distancesM = points.map((point, index) => {
    const before = points[index - 1];
    sumM += before === undefined ? 0 : distanceBetween(before, point);
    return sumM;
  });
  const stretch = sumM === 0 ? 0 : tripM / sumM;
  return distancesM.map((distanceM) => distanceM * stretch);
}

/** What the device told, else the direction to the next fix, else what it was before. */
function headingsOf(points: readonly TrackPoint[], longestStepMs: number): (number | null)[] {
  let last: number | null = null;
  const headings = points.map((point, index) => {
    const next = points[index + 1];
    const isApart = next !== undefined && distanceBetween(point, next) >= SHORTEST_HEADING_M;
    const isDriven = isApart && next.time_ms - point.time_ms <= longestStepMs;
    last = point.heading_deg ?? (isDriven ? bearing(point, next) : last);
    return last;
  });
  const first = headings.find((heading) => heading !== null) ?? null;
  return headings.map((heading) => heading ?? first);
}

function eventsOf(trip: LegWithTrack, points: readonly TrackPoint[], longestStepMs: number): ReplayEvent[] {
  const [first, last] = [pointAt(points, 0), pointAt(points, points.length - 1)];
  const between = [...haltsIn(points, longestStepMs), ...gapsIn(points, longestStepMs), ...fastestIn(points)];
  return [
    eventAt("start", first),
    ...between.sort((a, b) => a.timeMs - b.timeMs),
    trip.ending === null ? eventAt("last", last) : { ...eventAt("end", last), ending: trip.ending },
  ];
}

/** Where the vehicle stayed within a small circle for a while. Differences of positions are not taken for speeds. */
function haltsIn(points: readonly TrackPoint[], longestStepMs: number): ReplayEvent[] {
  const halts: ReplayEvent[] = [];
  let index = 0;
  while (index < points.length) {
    const first = pointAt(points, index);
    const end = endOfHalt(points, index, longestStepMs);
    const endMs = pointAt(points, end).time_ms;
    const isHalt = endMs - first.time_ms >= SHORTEST_HALT_MS;
    if (isHalt) halts.push({ ...eventAt("halt", first), endMs });
    index = isHalt ? end + 1 : index + 1;
  }
  return halts;
}

function endOfHalt(points: readonly TrackPoint[], start: number, longestStepMs: number): number {
  const first = pointAt(points, start);
  let end = start;
  for (let next = points[end + 1]; next !== undefined; next = points[end + 1]) {
    const isGap = next.time_ms - pointAt(points, end).time_ms > longestStepMs;
    if (isGap || distanceBetween(first, next) > HALT_RADIUS_M) break;
    end += 1;
  }
  return end;
}

function gapsIn(points: readonly TrackPoint[], longestStepMs: number): ReplayEvent[] {
  return points.flatMap((point, index) => {
    const next = points[index + 1];
    const isGap = next !== undefined && next.time_ms - point.time_ms > longestStepMs;
    return isGap ? [{ ...eventAt("gap", point), endMs: next.time_ms }] : [];
  });
}

function fastestIn(points: readonly TrackPoint[]): ReplayEvent[] {
  const fastest = points.reduce((best, point) => ((speedOf(point) ?? 0) > (speedOf(best) ?? 0) ? point : best));
  const speedMps = speedOf(fastest);
  return speedMps === null || speedMps === 0 ? [] : [{ ...eventAt("fastest", fastest), speedMps }];
}

function eventAt(kind: ReplayEvent["kind"], { time_ms, lat, lon }: TrackPoint): ReplayEvent {
  return { kind, timeMs: time_ms, endMs: time_ms, lat, lon, speedMps: null, ending: null };
}

/** The last point that is not behind a time; the first where all are. */
function indexAt(points: readonly TrackPoint[], timeMs: number): number {
  let [low, high] = [0, points.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (pointAt(points, middle).time_ms <= timeMs) low = middle;
    else high = middle - 1;
  }
  return low;
}

function pointAt(points: readonly TrackPoint[], index: number): TrackPoint {
  const point = points[index];
  if (point === undefined) throw new RangeError(`there are ${points.length} points, and none has the index ${index}`);
  return point;
}

function speedOf(point: TrackPoint): number | null {
  return point.speed_mps ?? null;
}

function between(a: number | null, b: number | null, share: number): number | null {
  return a === null || b === null ? null : a + (b - a) * share;
}

function headingBetween(a: number | null, b: number | null, share: number): number | null {
  return a === null || b === null ? a : wrapped(a + shortestTurn(a, b) * share, 360);
}

/** The way around from one heading to another, degrees, from −180 to 180. */
function shortestTurn(from: number, to: number): number {
  return wrapped(to - from + 180, 360) - 180;
}

/** The difference of two longitudes the short way around, across the antimeridian too. */
function eastward(from: number, to: number): number {
  return shortestTurn(from, to);
}

function wrapped(degrees: number, turn: number): number {
  const rest = ((degrees % turn) + turn) % turn;
  return rest === turn ? 0 : rest;
}

function bearing(a: TrackPoint, b: TrackPoint): number {
  const [lat1, lat2] = [(a.lat * Math.PI) / 180, (b.lat * Math.PI) / 180];
  const lon = ((b.lon - a.lon) * Math.PI) / 180;
  const north = Math.cos(lat1) * Math.sin(lat2) - Math.sin(lat1) * Math.cos(lat2) * Math.cos(lon);
  return wrapped((Math.atan2(Math.sin(lon) * Math.cos(lat2), north) * 180) / Math.PI, 360);
}
