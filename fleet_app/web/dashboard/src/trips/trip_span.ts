/** Which trips are asked for: the newest hours or days, or one day of the shown time zone. Pure. */

export const SPANS = ["24h", "7d", "30d", "day"] as const;
export type SpanName = (typeof SPANS)[number];

export interface TripSpan {
  readonly name: SpanName;
  /** With `day`: `2026-11-23`. */
  readonly day: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LENGTHS_MS = { "24h": DAY_MS, "7d": 7 * DAY_MS, "30d": 30 * DAY_MS } as const;

/** Return the span that an address tells, `span=7d` or `day=2026-11-23`; the newest seven days by default. */
export function spanOf(search: URLSearchParams): TripSpan {
  const day = search.get("day") ?? "";
  if (isDay(day)) return { name: "day", day };
  const name = SPANS.find((each) => each === search.get("span") && each !== "day");
  return { name: name ?? "7d", day: "" };
}

/** Return a query with a span in the place of the one it had. */
export function withSpan(search: URLSearchParams, span: TripSpan): URLSearchParams {
  const next = new URLSearchParams(search);
  next.delete("span");
  next.delete("day");
  if (span.name === "day") next.set("day", span.day);
  else if (span.name !== "7d") next.set("span", span.name);
  return next;
}

/** Return `from` and `to` for the worker; without `to` it answers up to the newest fix. */
export function askedOf(span: TripSpan, nowMs: number, zone: string): URLSearchParams {
  if (span.name !== "day") return new URLSearchParams({ from: String(nowMs - LENGTHS_MS[span.name]) });
  const fromMs = startOfDay(span.day, zone);
  // Days of 23 and 25 hours exist: thirty hours on, it is the next day either way.
  const toMs = startOfDay(dayOf(fromMs + 30 * HOUR_MS, zone), zone);
  return new URLSearchParams({ from: String(fromMs), to: String(toMs) });
}

/** Return the day of a time in a time zone: `2026-11-23`. */
export function dayOf(timeMs: number, zone: string): string {
  return new Date(timeMs + offsetMs(timeMs, zone)).toISOString().slice(0, 10);
}

/** Return when a day begins in a time zone, ms since 1970: at midnight, or when the clock leaps over it, right after. */
export function startOfDay(day: string, zone: string): number {
  const midnightMs = Date.parse(`${day}T00:00:00Z`);
  const candidates = [midnightMs - DAY_MS, midnightMs + DAY_MS].map((timeMs) => midnightMs - offsetMs(timeMs, zone));
  const beginsMs = candidates.sort((a, b) => a - b).find((timeMs) => dayOf(timeMs, zone) === day);
  return beginsMs ?? midnightMs - offsetMs(midnightMs, zone);
}

function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
}

/** How far the clocks of a time zone are ahead of UTC at a time, ms. */
function offsetMs(timeMs: number, zone: string): number {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "longOffset" });
  const name = format.formatToParts(timeMs).find((part) => part.type === "timeZoneName")?.value ?? "";
  const [, sign = "+", hours = "0", minutes = "0", seconds = "0"] =
    /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name) ?? [];
  return (sign === "-" ? -1_000 : 1_000) * (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds));
}
