/** Which vehicle is meant by a place on the map. */

import { signal } from "@preact/signals";
import { type Course, nearestCopy } from "./motion";

/** Whether a click on the map means a vehicle; who draws on the map says no meanwhile. */
export const picksVehicles = signal(true);

/** So far from a vehicle it is still meant, CSS pixels: what a thumb needs. */
export const PICK_WITHIN_PX = 22;

/** A place in web mercator, 0 to 1. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

interface Candidate {
  readonly course: Course;
  readonly isShown: boolean;
}

/**
 * Return what is drawn nearest to a place, if that is within `reach` (web mercator). A scan over all is enough: what
 * cannot be near by its newest fix and the length of its course is passed over without working out where it is drawn.
 */
export function nearest<T extends Candidate>(
  candidates: readonly T[],
  drawn: (candidate: T) => Place,
  at: Place,
  reach: number,
): T | null {
  let [found, within]: [T | null, number] = [null, reach];
  for (const candidate of candidates) {
    if (!candidate.isShown || !couldBeWithin(candidate.course, at, within)) continue;
    const { x, y } = drawn(candidate);
    const distance = Math.hypot(nearestCopy(x, at.x) - at.x, y - at.y);
    if (distance <= within) [found, within] = [candidate, distance];
  }
  return found;
}

/** Return the reach of a pointer at a zoom, in web mercator. */
export function reachAt(zoom: number): number {
  return PICK_WITHIN_PX / (512 * 2 ** zoom);
}

function couldBeWithin({ x, y }: Course, at: Place, reach: number): boolean {
  const away = at.x - nearestCopy(at.x, x[2]);
  return isNear(x, at.x - away, reach) && isNear(y, at.y, reach);
}

function isNear([a, b, c, d]: readonly [number, number, number, number], at: number, reach: number): boolean {
  return Math.min(a, b, c, d) - reach <= at && at <= Math.max(a, b, c, d) + reach;
}
