/** What all pages share while they are open. */

import { computed, signal } from "@preact/signals";
import { Fleet } from "../feed/fleet";

/** How the connection to the live feed is. */
export interface Connection {
  readonly phase: "connecting" | "live" | "cut";
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

export const connection = signal<Connection>({ phase: "connecting", worker: "", behindMs: null, heardMs: null });

/** How far the clock of the worker is ahead of this browser's, ms: ages are told by the worker's. */
export const clockAheadMs = signal(0);

/** The time by the worker's clock, ms since 1970; moves once a second. */
export const nowMs = signal(Date.now());

export const selectedId = signal<string | null>(null);

/** The selected vehicle as it is now, if it is there. */
export const selected = computed(() => {
  fleetRevision.value;
  return selectedId.value === null ? null : (fleet.vehicles.get(selectedId.value) ?? null);
});
