/** Facts as people read them, by the viewer's preferences. Everything inside is SI and ms since 1970. */

import { nowMs } from "../app/state";
import { strings } from "../strings";
import { shownZone, units } from "./preferences";

const METRES_PER_MILE = 1_609.344;
const METRES_PER_FOOT = 0.3048;

/** What stands where something is not known. */
export const UNKNOWN = "–";

/** `37 km/h`, `23 mph`. */
export function speed(mps: number | null): string {
  if (mps === null) return UNKNOWN;
  return units.value === "metric"
    ? `${Math.round(mps * 3.6)} km/h`
    : `${Math.round((mps * 3_600) / METRES_PER_MILE)} mph`;
}

/** `850 m`, `12.3 km`, `1,240 km`; feet and miles. */
export function distance(metres: number | null): string {
  if (metres === null) return UNKNOWN;
  const [small, smallName, large, largeName] =
    units.value === "metric" ? [1, "m", 1_000, "km"] : [METRES_PER_FOOT, "ft", METRES_PER_MILE, "mi"];
  // What is rounded decides, so that 999.6 m is 1.0 km and not 1000 m.
  const whole = Math.round(metres / small);
  if (whole < 1_000) return `${whole} ${smallName}`;
  const tenths = Math.round((metres / large) * 10) / 10;
  return `${number(tenths, tenths < 100 ? 1 : 0)} ${largeName}`;
}

/** `4 s`, `3 min`, `2 h 05 min`, `3 d 4 h`. */
export function duration(seconds: number | null): string {
  if (seconds === null) return UNKNOWN;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `12 s ago`: how long before now, by the worker's clock, something was. */
export function age(timeMs: number | null): string {
  if (timeMs === null) return UNKNOWN;
  const seconds = (nowMs.value - timeMs) / 1_000;
  // Devices' clocks differ from the workers' by this and that.
  return seconds < 1 ? strings.units.justNow : strings.units.ago(duration(seconds));
}

/** `14:05:09`, in the shown time zone. */
export function clock(timeMs: number): string {
  return formatted(timeMs, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** `14:05`, in the shown time zone. */
export function hourAndMinute(timeMs: number): string {
  return formatted(timeMs, { hour: "2-digit", minute: "2-digit" });
}

/** `23 Nov 2026, 14:05`, in the shown time zone. */
export function dateAndTime(timeMs: number): string {
  return formatted(timeMs, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
}

/** `1,240`, with as many digits behind the point as asked for. */
export function number(value: number, digits = 0): string {
  return numberFormat(digits).format(value);
}

const numberFormats = new Map<number, Intl.NumberFormat>();

function numberFormat(digits: number): Intl.NumberFormat {
  const known = numberFormats.get(digits);
  if (known !== undefined) return known;
  // No "-0": what rounds to nothing is nothing.
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "negative" } as const;
  const format = new Intl.NumberFormat("en", options);
  numberFormats.set(digits, format);
  return format;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatted(timeMs: number, parts: Intl.DateTimeFormatOptions): string {
  const timeZone = shownZone();
  const key = timeZone + JSON.stringify(parts);
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", { ...parts, timeZone });
    formats.set(key, format);
  }
  return format.format(timeMs);
}
