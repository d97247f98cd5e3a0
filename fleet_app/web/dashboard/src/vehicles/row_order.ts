/** The order of the table's rows, and when it may change. */

import type { Vehicle } from "../feed/fleet";
import type { Filter } from "./filter";
import { type Sort, sortVehicles } from "./order";

/** Rows change places no more often than that. */
export const SORT_EVERY_MS = 2_000;
/** For so long after the last key, movement or scroll in the table, rows keep their places. */
export const HOLD_MS = 10_000;

export interface Asked {
  readonly vehicles: ReadonlyMap<string, Vehicle>;
  /** The ids of vehicles that are shown; null for all. */
  readonly visible: ReadonlySet<string> | null;
  readonly filter: Filter;
  readonly sort: Sort;
}

/**
 * Keeps rows where they are while somebody reads or points at them. Asking for another order or filter sorts at once.
 * Otherwise rows are sorted again every two seconds, and not at all while the table is in use: a row that is about to be
 * clicked does not jump away, and the focused one does not run. Vehicles that are gone leave at once, new ones stand at
 * the end until the next sorting.
 */
export class RowOrder {
  #ids: readonly string[] = [];
  #sort: Sort | null = null;
  #filter: Filter | null = null;
  #sortedMs = Number.NEGATIVE_INFINITY;
  #usedMs = Number.NEGATIVE_INFINITY;

  /** Somebody uses the table now; times are of a clock that never goes back. */
  use(timeMs: number): void {
    this.#usedMs = timeMs;
  }

  isHeld(timeMs: number): boolean {
    return timeMs - this.#usedMs < HOLD_MS;
  }

  /** Return the ids of the vehicles in rows, from top to bottom. */
  at(timeMs: number, asked: Asked): readonly string[] {
    const isAsked = asked.sort !== this.#sort || asked.filter !== this.#filter;
    const isDue = timeMs - this.#sortedMs >= SORT_EVERY_MS && !this.isHeld(timeMs);
    const kept = present(this.#ids, asked);
    if (isAsked || isDue) {
      this.#sort = asked.sort;
      this.#filter = asked.filter;
      this.#sortedMs = timeMs;
      this.#ids = sortVehicles(kept, asked.sort).map(idOf);
    } else {
      this.#ids = kept.map(idOf);
    }
    return this.#ids;
  }
}

/** Return the vehicles that are shown: in the order they had, new ones last. */
function present(ids: readonly string[], { vehicles, visible }: Asked): Vehicle[] {
  const rows: Vehicle[] = [];
  const left = new Set(visible ?? vehicles.keys());
  for (const id of ids) {
    const vehicle = left.delete(id) ? vehicles.get(id) : undefined;
    if (vehicle !== undefined) rows.push(vehicle);
  }
  for (const id of left) {
    const vehicle = vehicles.get(id);
    if (vehicle !== undefined) rows.push(vehicle);
  }
  return rows;
}

function idOf(vehicle: Vehicle): string {
  return vehicle.names.vehicleId;
}
