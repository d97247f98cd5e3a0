/** What a vehicle is shown as, and how old that is. */

import { type Seen, STATES, type State } from "../feed/frame";
import { strings } from "../strings";

export type ShownState = State | "unknown";
export type Shape = "arrow" | "square" | "ring" | "cross" | "dot";

/** All that a vehicle can be shown as, in the order of legends and sorted lists: what needs an eye first. */
export const SHOWN_STATES = [
  "moving",
  "idle",
  "idle_probable",
  "halt",
  "stop",
  "offline",
  "unknown",
] as const satisfies readonly ShownState[];

/** Shapes tell states apart without colour; the two kinds of standing and of idling are told apart by words as well. */
export const STATE_SHAPES: Readonly<Record<ShownState, Shape>> = {
  moving: "arrow",
  halt: "square",
  stop: "square",
  idle: "ring",
  idle_probable: "ring",
  offline: "cross",
  unknown: "dot",
};

/** Positions older than this are said to be old. Devices on the road report every few seconds, at rest every minute. */
export const STALE_AFTER_MS = 120_000;

/** A device that measures this much stands no more, whatever was judged before: «idling at 34 km/h» helps nobody. */
const DRIVES_FROM_MPS = 3;

/**
 * Return what a vehicle is shown as: what the fleet last told, or moving where the newest position, which waits to be
 * judged, says that it has driven off. A vehicle goes offline by its own reporting interval, which only the worker
 * knows, so nothing is concluded here from the age of a position; that is shown beside it.
 */
export function stateOf(vehicle: Pick<Seen, "state" | "isProvisional" | "speedMps" | "speedSource">): ShownState {
  if (vehicle.state === null) return "unknown";
  return isAtRest(vehicle.state) && hasDrivenOff(vehicle) ? "moving" : vehicle.state;
}

function isAtRest(state: State): boolean {
  return state !== "moving" && state !== "offline";
}

function hasDrivenOff(vehicle: Pick<Seen, "isProvisional" | "speedMps" | "speedSource">): boolean {
  return vehicle.isProvisional && vehicle.speedSource === "device" && (vehicle.speedMps ?? 0) >= DRIVES_FROM_MPS;
}

/** Return how old a vehicle's newest position is by the worker's clock, ms; a device's clock may be ahead of it. */
export function ageMs(vehicle: Pick<Seen, "timeMs">, nowMs: number): number {
  return Math.max(0, nowMs - vehicle.timeMs);
}

export function isStale(vehicle: Pick<Seen, "timeMs">, nowMs: number): boolean {
  return ageMs(vehicle, nowMs) >= STALE_AFTER_MS;
}

/** Return how fast a vehicle is, m/s; null for one that is offline: it was told so fast once, and may be anything now. */
export function speedNowMps(vehicle: Pick<Seen, "state" | "speedMps">): number | null {
  return vehicle.state === "offline" ? null : vehicle.speedMps;
}

export function stateName(state: ShownState): string {
  return state === "unknown" ? strings.unknownState : strings.states[state];
}

export function isShownState(text: string): text is ShownState {
  return text === "unknown" || (STATES as readonly string[]).includes(text);
}
