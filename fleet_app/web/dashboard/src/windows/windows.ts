/** From what the worker tells of minutes, hours and days to what a chart draws. Pure. */

import { type AskedWindows, WINDOW_SIZES, type Window, type WindowSize, type Windows } from "../api/vehicles";
import type { Units } from "../units/preferences";

/** Which windows are looked at: how long each is, and over what span. */
export interface Choice {
  readonly size: WindowSize;
  readonly span: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The spans of each size, the first by default. None holds more than the 1,440 windows that are answered at once. */
const SPANS_MS: Readonly<Record<WindowSize, Readonly<Record<string, number>>>> = {
  "1m": { "1h": HOUR_MS, "6h": 6 * HOUR_MS, "24h": DAY_MS },
  "1h": { "24h": DAY_MS, "7d": 7 * DAY_MS, "30d": 30 * DAY_MS },
  "1d": { "30d": 30 * DAY_MS, "90d": 90 * DAY_MS, "400d": 400 * DAY_MS },
};

/** Return the names of the spans that windows of a size can be looked at over. */
export function spansOf(size: WindowSize): readonly string[] {
  return Object.keys(SPANS_MS[size]);
}

/** Return the choice that an address tells, `size=1h&span=7d`; what it does not tell is the first there is. */
export function choiceOf(search: URLSearchParams): Choice {
  const size = WINDOW_SIZES.find((each) => each === search.get("size")) ?? "1m";
  const spans = spansOf(size);
  return { size, span: spans.find((each) => each === search.get("span")) ?? spans[0] ?? "" };
}

/** Return a query with a choice in the place of the one it had. */
export function withChoice(search: URLSearchParams, { size, span }: Choice): URLSearchParams {
  const next = new URLSearchParams(search);
  next.set("size", size);
  next.set("span", span);
  return next;
}

/** Return what to ask for, up to a vehicle's newest fix. */
export function askedOf({ size, span }: Choice, newestMs: number): AskedWindows {
  const toMs = newestMs + 1;
  return { size, fromMs: toMs - (SPANS_MS[size][span] ?? HOUR_MS), toMs };
}

/** A value at each start; null where there is a gap. */
export type Column = readonly (number | null)[];

/** Windows in columns. A start with nulls throughout says that nothing is known from there to the next one. */
export interface Series {
  readonly startsMs: readonly number[];
  readonly meanMps: Column;
  readonly maxMps: Column;
  readonly distanceM: Column;
  readonly idleS: Column;
  readonly idleProbableS: Column;
  /** Both kinds of idling. */
  readonly idleOrProbableS: Column;
}

/** Return windows as columns; after each that is not followed at once by the next stands a gap, after the last, too. */
export function seriesOf({ items }: Pick<Windows, "items">): Series {
  const rows = items.flatMap((window, index): Row[] =>
    items[index + 1]?.start_ms === window.end_ms
      ? [{ startMs: window.start_ms, window }]
      : [
          { startMs: window.start_ms, window },
          { startMs: window.end_ms, window: null },
        ],
  );
  const column = (value: (window: Window) => number | null) =>
    rows.map(({ window }) => (window === null ? null : value(window)));
  return {
    startsMs: rows.map(({ startMs }) => startMs),
    meanMps: column((window) => window.mean_speed_mps),
    maxMps: column((window) => window.max_speed_mps),
    distanceM: column((window) => window.distance_m),
    idleS: column((window) => window.idle_s),
    idleProbableS: column((window) => window.idle_probable_s),
    idleOrProbableS: column((window) => window.idle_s + window.idle_probable_s),
  };
}

/** Return the index of the last start that is not behind a time; null before the first. */
export function indexAt(startsMs: readonly number[], timeMs: number): number | null {
  const index = startsMs.findLastIndex((startMs) => startMs <= timeMs);
  return index < 0 ? null : index;
}

/** How SI is drawn: what it is multiplied by, and the unit's name. */
export interface Scale {
  readonly factor: number;
  readonly unit: string;
}

export interface Scales {
  readonly speed: Scale;
  readonly distance: Scale;
  readonly duration: Scale;
}

const METRES_PER_MILE = 1_609.344;
const METRES_PER_FOOT = 0.3048;

/** Return the units in which windows of a size have numbers that are easily read. */
export function scalesOf(size: WindowSize, units: Units): Scales {
  const isMetric = units === "metric";
  const large = isMetric ? { factor: 1 / 1_000, unit: "km" } : { factor: 1 / METRES_PER_MILE, unit: "mi" };
  const small = isMetric ? { factor: 1, unit: "m" } : { factor: 1 / METRES_PER_FOOT, unit: "ft" };
  return {
    speed: isMetric ? { factor: 3.6, unit: "km/h" } : { factor: 3_600 / METRES_PER_MILE, unit: "mph" },
    distance: size === "1m" ? small : large,
    duration: DURATIONS[size],
  };
}

const DURATIONS: Readonly<Record<WindowSize, Scale>> = {
  "1m": { factor: 1, unit: "s" },
  "1h": { factor: 1 / 60, unit: "min" },
  "1d": { factor: 1 / 3_600, unit: "h" },
};

/** Return a column in the unit of a scale. */
export function scaled(column: Column, { factor }: Scale): (number | null)[] {
  return column.map((value) => (value === null ? null : value * factor));
}

/** Return the highest value of a column; null if it has none. */
export function highest(column: Column): number | null {
  return column.reduce((most, value) => (value !== null && (most === null || value > most) ? value : most), null);
}

interface Row {
  readonly startMs: number;
  readonly window: Window | null;
}
