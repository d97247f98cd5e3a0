/** What all pages share while they are open. */

import { computed, signal } from "@preact/signals";
import { Fleet } from "../feed/fleet";
import { Latencies } from "../feed/latency";

/** How the connection to the live feed is. */
export interface Connection {
  readonly phase: "connecting" | "live" | "cut";
  /** Since when it is in this phase, by this browser's clock, ms since 1970. */
  readonly sinceMs: number;
  /** The worker that tells, or told last; empty before the first. */
  readonly worker: string;
  /** How old what the worker knew may have been with the newest frame, ms. */
  readonly behindMs: number | null;
  /** When the newest frame came in, by this browser's clock, ms since 1970; null before the first. */
  readonly heardMs: number | null;
}

/** The vehicles that this page is told of. */
export const fleet = new Fleet();

/** Grows with every change of the fleet, a few times a second at most: what lists and counts follow. */
export const fleetRevision = signal(0);

export const connection = signal<Connection>({
  phase: "connecting",
  sinceMs: Date.now(),
  worker: "",
  behindMs: null,
  heardMs: null,
});

/** Whether the workers are of another release than this page: it must be loaded again. */
export const isOutdated = signal(false);

/** How far the clock of the worker is ahead of this browser's, ms: ages are told by the worker's. */
export const clockAheadMs = signal(0);

/** The time by the worker's clock, ms since 1970; moves once a second. */
export const nowMs = signal(Date.now());

/** How late the screen is; a page that shows it reads it once a second. */
export const latencies = new Latencies();

export const selectedId = signal<string | null>(null);

/** The selected vehicle as it is now, if it is there. */
export const selected = computed(() => {
  fleetRevision.value;
  return selectedId.value === null ? null : (fleet.vehicles.get(selectedId.value) ?? null);
});
