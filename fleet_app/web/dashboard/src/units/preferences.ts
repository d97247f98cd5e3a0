/** How this viewer wants things shown; kept by the browser. */

import { effect, type Signal, signal } from "@preact/signals";

export const THEMES = ["system", "light", "dark"] as const;
export const UNITS = ["metric", "imperial"] as const;
export const ZONES = ["own", "fleet"] as const;
export type Theme = (typeof THEMES)[number];
export type Units = (typeof UNITS)[number];
export type Zone = (typeof ZONES)[number];

export const theme = kept<Theme>("fleet.theme", THEMES, "system");
export const units = kept<Units>("fleet.units", UNITS, isMilesCountry() ? "imperial" : "metric");
export const zone = kept<Zone>("fleet.zone", ZONES, "own");
/** The fleet's time zone, as the worker tells it; null before. */
export const fleetZone = signal<string | null>(null);

/** The time zone of the viewer's machine: a name of the IANA database. */
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The time zone that times are shown in: a name of the IANA database. */
export function shownZone(): string {
  return zone.value === "fleet" ? (fleetZone.value ?? ownZone) : ownZone;
}

/** Return a signal whose value the browser keeps; anything else than `allowed` that it kept is passed over. */
function kept<T extends string>(name: string, allowed: readonly T[], first: T): Signal<T> {
  const before = read(name);
  const value = signal<T>(allowed.find((each) => each === before) ?? first);
  effect(() => write(name, value.value));
  return value;
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    // A browser that keeps nothing for this page still shows it.
    return null;
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // As above.
  }
}

function isMilesCountry(): boolean {
  return /-(US|GB|LR|MM)\b/.test(navigator.language);
}
