/** How the connection is, as it is shown: what viewers need to know, not what sockets do. */

import type { Connection } from "./state";

export type ShownPhase = "connecting" | "live" | "behind" | "cut";

export interface Shown {
  readonly phase: ShownPhase;
  /** How long it has been cut, or how far it is behind, ms; 0 otherwise. */
  readonly ageMs: number;
}

/** Going on at another worker takes less, and is nothing to worry anybody with. */
const UNNOTICED_MS = 1_000;
/** The feed says something every 5 s at least; what is later than that is missing. */
const HEARTBEAT_MS = 7_000;
const BEHIND_MS = 3_000;
const BANNER_MS = 5_000;

/** Return how the connection is shown. @param browserMs The time by this browser's clock. */
export function shownPhase(connection: Connection, browserMs: number): Shown {
  const { phase, sinceMs, behindMs, heardMs } = connection;
  // A worker that knows nothing yet has only begun to read.
  if (phase === "connecting" || behindMs === null || heardMs === null) return { phase: "connecting", ageMs: 0 };
  const cutMs = browserMs - sinceMs;
  if (phase === "cut" && cutMs >= UNNOTICED_MS) return { phase: "cut", ageMs: cutMs };
  const silentMs = browserMs - heardMs;
  const ageMs = behindMs + (silentMs > HEARTBEAT_MS ? silentMs : 0);
  return ageMs > BEHIND_MS ? { phase: "behind", ageMs } : { phase: "live", ageMs: 0 };
}

/** Whether the whole page must say that there is no connection, and not the header alone. */
export function needsBanner({ phase, sinceMs }: Connection, browserMs: number): boolean {
  return phase !== "live" && browserMs - sinceMs > BANNER_MS;
}

/** Return the time that what is shown is of, ms by this browser's clock; null where nothing is shown. */
export function shownOfMs({ heardMs, behindMs }: Connection): number | null {
  return heardMs === null || behindMs === null ? null : heardMs - behindMs;
}
