/** Which field of the form a worker's words are about, so that they can stand beside it. */

import type { Field, Place } from "./draft";

/** What the worker's sentences name a field by, most telling first. */
const MARKS: readonly (readonly [RegExp, Field])[] = [
  [/\$\.name\b|^name /, "name"],
  [/\$\.tags\b|^tags /, "tags"],
  [/\$\.tenant\b|^tenant |\btenant\b/, "tenant"],
  [/\$\.schedule\b|^schedule /, "schedule"],
  [/\$\.speed_limit_mps\b/, "speedLimit"],
  [/\$\.dwell_limit_s\b/, "dwellLimit"],
  [/\$\.stop_after_s\b/, "stopAfter"],
  [/\$\.shape\.radius_m\b/, "radius"],
  [/\$\.shape\.lon\b/, "lon"],
  [/\$\.shape\.lat\b|^lat /, "lat"],
  [/\$\.shape\b|^the outline |^hole \d|^the polygon |^too many of the outline/, "corners"],
];

/** Return what is wrong, without the words before it that say that it was not sent. */
export function causeOf(detail: string): string {
  return detail.replace(/^the (geofence|body) cannot be used, nothing was sent: /, "");
}

/** Return the field that a problem is about; null if it is none that the form has. */
export function fieldOf(detail: string, kind: Place["kind"]): Field | null {
  const field = MARKS.find(([mark]) => mark.test(causeOf(detail)))?.[1] ?? null;
  return field === "corners" && kind === "circle" ? "lat" : field;
}
