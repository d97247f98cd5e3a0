/**
 * How a vehicle moves between the positions that are known of it. Pure: what time it is, is an argument.
 *
 * A vehicle is drawn one of its own reporting intervals behind what came in, on the straight lines between known fixes.
 * When the next one is late it goes on along its heading for two intervals at most, stands still and fades. Where too
 * much lies between two fixes to know how it went, it jumps.
 */

/** A position as it was told. */
export interface Fix {
  /** By the device's clock, ms since 1970. */
  readonly timeMs: number;
  readonly lat: number;
  readonly lon: number;
  readonly speedMps: number | null;
  readonly headingDeg: number | null;
  readonly isMoving: boolean;
}

/** When a vehicle was where. */
export type Past = Pick<Fix, "timeMs" | "lat" | "lon">;

/** What is known of how one vehicle moves. */
export interface Motion {
  /** The newest fixes, oldest first: one to three, with nothing between them that it would have to jump over. */
  readonly known: readonly Fix[];
  /** What passes between two of its fixes: the median of the last ones. */
  readonly intervalMs: number;
  /** A fix of device time t is drawn at t + `delayMs` of the browser's clock: differences of clocks are in it. */
  readonly delayMs: number;
  readonly gapsMs: readonly number[];
  readonly lagsMs: readonly number[];
}

/** Where a vehicle is drawn and when: through four points, of which the last is extrapolated. Web mercator, 0 to 1. */
export interface Course {
  readonly x: Four;
  readonly y: Four;
  /** When it is at each point, by the browser's clock; never descending. */
  readonly atMs: Four;
  /** At the three known points; null if none was ever told. */
  readonly headingDeg: Three | null;
  /** From when on nobody knows where it is; infinite for one that stands. */
  readonly fadesFromMs: number;
}

export interface Drawn {
  readonly x: number;
  readonly y: number;
  readonly headingDeg: number | null;
  /** 0: known. 1: faded. */
  readonly fade: number;
}

type Three = readonly [number, number, number];
type Four = readonly [number, number, number, number];

const SHORTEST_INTERVAL_MS = 1_000;
/** Also the interval of a vehicle of which one is not known yet, and the longest gap that is slid through. */
export const LONGEST_INTERVAL_MS = 60_000;
/** Extrapolation along a straight line is a guess that ages quickly, however seldom the vehicle reports. */
const LONGEST_GUESS_MS = 15_000;
/** The feed tells of a vehicle once a second at most, so a second more between two fixes means nothing. */
const FEED_PERIOD_MS = 1_000;
const FASTEST_MPS = 70;
/** Over less than this, two positions do not tell a direction. */
const DIRECTION_FROM_M = 5;
/** So many of its last gaps and lags say how a vehicle reports. */
const REMEMBERED = 5;
export const FADE_MS = 2_000;

const EARTH_RADIUS_M = 6_378_137;
const CIRCUMFERENCE_M = 2 * Math.PI * EARTH_RADIUS_M;
/** Where web mercator ends. */
const HIGHEST_LAT = 85.051129;
const RAD = Math.PI / 180;

/** Return the motion of a vehicle of which one fix is known. When it came in says nothing yet: it may have lain about. */
export function begin(fix: Fix, heardMs: number): Motion {
  const intervalMs = LONGEST_INTERVAL_MS;
  return { known: [fix], intervalMs, delayMs: heardMs - fix.timeMs + intervalMs, gapsMs: [], lagsMs: [] };
}

/** Return the motion after another fix, which came in at `heardMs` of the browser's clock. */
export function goOn(motion: Motion, fix: Fix, heardMs: number): Motion {
  const newest = newestOf(motion);
  const gapMs = fix.timeMs - newest.timeMs;
  // Back in time: the newest position was refused afterwards, and the fleet goes back to the last good one.
  if (gapMs < 0) return begin(fix, heardMs);
  const told = { ...fix, headingDeg: fix.headingDeg ?? directionOf(newest, fix) };
  if (gapMs === 0) return { ...motion, known: [...motion.known.slice(0, -1), told] };
  const known = isJump(newest, fix, motion.gapsMs.length === 0 ? gapMs : motion.intervalMs)
    ? [told]
    : [...motion.known.slice(-2), told];
  const gapsMs = [...motion.gapsMs, gapMs].slice(-REMEMBERED);
  const lagsMs = [...motion.lagsMs, heardMs - fix.timeMs].slice(-REMEMBERED);
  const intervalMs = clamp(median(gapsMs), SHORTEST_INTERVAL_MS, LONGEST_INTERVAL_MS);
  return { known, intervalMs, delayMs: delayOf(motion, median(lagsMs) + intervalMs, intervalMs), gapsMs, lagsMs };
}

/** Whether too much lies between two fixes to draw a line from one to the other. */
export function isJump(from: Past, to: Past, intervalMs: number): boolean {
  const gapMs = to.timeMs - from.timeMs;
  if (gapMs > Math.min(2 * intervalMs + FEED_PERIOD_MS, LONGEST_INTERVAL_MS)) return true;
  return distanceM(from, to) > (FASTEST_MPS * gapMs) / 1_000;
}

/** Return where and when a vehicle is drawn, until more is known of it. */
export function courseOf(motion: Motion): Course {
  const { known, intervalMs, delayMs } = motion;
  const newest = newestOf(motion);
  const middle = known.at(-2) ?? newest;
  const oldest = known.at(-3) ?? middle;
  const guessMs = Math.min(2 * intervalMs, LONGEST_GUESS_MS);
  const [x2, y2] = [mercatorX(newest.lon), mercatorY(newest.lat)];
  const [x0, y0] = [nearestCopy(mercatorX(oldest.lon), x2), mercatorY(oldest.lat)];
  const [x1, y1] = [nearestCopy(mercatorX(middle.lon), x2), mercatorY(middle.lat)];
  const [x3, y3] = motion.gapsMs.length === 0 ? [x2, y2] : guessOf(newest, [x2, y2], guessMs);
  const newestMs = newest.timeMs + delayMs;
  return {
    x: [x0, x1, x2, x3],
    y: [y0, y1, y2, y3],
    atMs: [oldest.timeMs + delayMs, middle.timeMs + delayMs, newestMs, newestMs + guessMs],
    headingDeg: headingsOf(oldest, middle, newest),
    fadesFromMs: newest.isMoving ? newestMs + guessMs : Number.POSITIVE_INFINITY,
  };
}

/** Return where a vehicle is drawn at a time. The vertex shader does the same, with the same formula. */
export function drawnAt(course: Course, clockMs: number): Drawn {
  const { x, y, atMs, headingDeg } = course;
  const first = share(atMs[0], atMs[1], clockMs);
  const second = share(atMs[1], atMs[2], clockMs);
  const third = share(atMs[2], atMs[3], clockMs);
  return {
    x: along(x, first, second, third),
    y: along(y, first, second, third),
    headingDeg: headingDeg && turned(turned(headingDeg[0], headingDeg[1], first), headingDeg[2], second),
    fade: fadeAt(course, clockMs),
  };
}

/** Return where a vehicle is drawn without animation: at its newest fix. */
export function drawnStill(course: Course, clockMs: number): Drawn {
  const { x, y, headingDeg } = course;
  return { x: x[2], y: y[2], headingDeg: headingDeg?.[2] ?? null, fade: fadeAt(course, clockMs) };
}

/** Return when nothing of a vehicle changes any more unless something is told. */
export function restsFromMs(course: Course): number {
  const isStill = course.x.every((x) => x === course.x[0]) && course.y.every((y) => y === course.y[0]);
  const fadedMs = Number.isFinite(course.fadesFromMs) ? course.fadesFromMs + FADE_MS : Number.NEGATIVE_INFINITY;
  return isStill ? fadedMs : Math.max(course.atMs[3], fadedMs);
}

export function mercatorX(lon: number): number {
  return lon / 360 + 0.5;
}

export function mercatorY(lat: number): number {
  const within = clamp(lat, -HIGHEST_LAT, HIGHEST_LAT) * RAD;
  return 0.5 - Math.log(Math.tan(Math.PI / 4 + within / 2)) / (2 * Math.PI);
}

export function lonOf(x: number): number {
  return (x - 0.5) * 360;
}

export function latOf(y: number): number {
  return (2 * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI))) / RAD - 90;
}

/** Return how far two places are from each other, over a plane: good for what a vehicle drives in a minute. */
export function distanceM(from: Pick<Fix, "lat" | "lon">, to: Pick<Fix, "lat" | "lon">): number {
  const [eastM, northM] = offsetM(from, to);
  return Math.hypot(eastM, northM);
}

/** Return x in the copy of the world in which it is nearest to another: next to, and not around, the antimeridian. */
export function nearestCopy(x: number, to: number): number {
  return x - Math.round(x - to);
}

type Point = readonly [x: number, y: number];

function newestOf(motion: Motion): Fix {
  const newest = motion.known.at(-1);
  if (newest === undefined) throw new RangeError("a motion has no fix: begin() gives it one");
  return newest;
}

/** Keep the delay while it is about right, so that a vehicle does not twitch with each fix that is a little late. */
function delayOf(motion: Motion, wantedMs: number, intervalMs: number): number {
  const isAboutRight = motion.lagsMs.length > 0 && Math.abs(wantedMs - motion.delayMs) <= intervalMs / 4;
  return isAboutRight ? motion.delayMs : wantedMs;
}

function guessOf(newest: Fix, [x, y]: Point, guessMs: number): Point {
  if (!newest.isMoving || newest.speedMps === null || newest.headingDeg === null) return [x, y];
  const distance = (Math.min(newest.speedMps, FASTEST_MPS) * guessMs) / 1_000;
  const scale = distance / (CIRCUMFERENCE_M * Math.cos(clamp(newest.lat, -HIGHEST_LAT, HIGHEST_LAT) * RAD));
  const angle = newest.headingDeg * RAD;
  return [x + Math.sin(angle) * scale, y - Math.cos(angle) * scale];
}

function headingsOf(oldest: Fix, middle: Fix, newest: Fix): Three | null {
  const last = newest.headingDeg ?? middle.headingDeg ?? oldest.headingDeg;
  if (last === null) return null;
  const second = middle.headingDeg ?? last;
  return [oldest.headingDeg ?? second, second, last];
}

/** Return the direction from one fix to the next; where they are too close to tell, the one that it had. */
function directionOf(from: Fix, to: Fix): number | null {
  const [eastM, northM] = offsetM(from, to);
  if (Math.hypot(eastM, northM) < DIRECTION_FROM_M) return from.headingDeg;
  return (Math.atan2(eastM, northM) / RAD + 360) % 360;
}

function offsetM(from: Pick<Fix, "lat" | "lon">, to: Pick<Fix, "lat" | "lon">): readonly [number, number] {
  const lonDifference = ((to.lon - from.lon + 540) % 360) - 180;
  const eastM = lonDifference * RAD * EARTH_RADIUS_M * Math.cos(((from.lat + to.lat) / 2) * RAD);
  return [eastM, (to.lat - from.lat) * RAD * EARTH_RADIUS_M];
}

function fadeAt(course: Course, clockMs: number): number {
  return Number.isFinite(course.fadesFromMs) ? clamp((clockMs - course.fadesFromMs) / FADE_MS, 0, 1) : 0;
}

/** Return how much of the way between two times has passed, 0 to 1. */
function share(fromMs: number, toMs: number, clockMs: number): number {
  return clamp((clockMs - fromMs) / Math.max(toMs - fromMs, 1), 0, 1);
}

function along([a, b, c, d]: Four, first: number, second: number, third: number): number {
  // Whole shares are taken as they are: at a known fix the sum of differences would be off by a rounding.
  if (third > 0) return c + (d - c) * third;
  if (second > 0) return second === 1 ? c : b + (c - b) * second;
  return first === 1 ? b : a + (b - a) * first;
}

/** Return the heading a share of the way between two, the short way round. */
function turned(fromDeg: number, toDeg: number, part: number): number {
  const differenceDeg = ((((toDeg - fromDeg) % 360) + 540) % 360) - 180;
  return (fromDeg + differenceDeg * part + 360) % 360;
}

/** Return the lower median; 0 without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
