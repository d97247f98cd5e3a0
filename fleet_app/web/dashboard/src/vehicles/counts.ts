/** How many vehicles there are of each kind. */

import type { Vehicle } from "../feed/fleet";
import { type Filter, test } from "./filter";
import { type ShownState, stateOf } from "./shown_state";

export interface Counts {
  /** All that are known, whatever the filter. */
  readonly total: number;
  /** Those that the filter shows. */
  readonly shown: number;
  /** What each state would show or shows: the vehicles that meet the rest of the filter. */
  readonly byState: Readonly<Record<ShownState, number>>;
}

/** Count a fleet under a filter. */
export function count(vehicles: Iterable<Vehicle>, filter: Filter): Counts {
  const passes = test({ ...filter, statuses: new Set() });
  const byState = { moving: 0, idle: 0, idle_probable: 0, halt: 0, stop: 0, offline: 0, unknown: 0 };
  let total = 0;
  let shown = 0;
  for (const vehicle of vehicles) {
    total += 1;
    if (!passes(vehicle)) continue;
    const state = stateOf(vehicle);
    byState[state] += 1;
    if (filter.statuses.size === 0 || filter.statuses.has(state)) shown += 1;
  }
  return { total, shown, byState };
}

/** The names that a fleet can be filtered by, each list in order. */
export interface Kinds {
  readonly groups: readonly string[];
  readonly tags: readonly string[];
  readonly tenants: readonly string[];
}

/** Return the groups, tags and tenants of a fleet; an empty name stands for vehicles of no group. */
export function kindsOf(vehicles: Iterable<Vehicle>): Kinds {
  const groups = new Set<string>();
  const tags = new Set<string>();
  const tenants = new Set<string>();
  for (const { names } of vehicles) {
    groups.add(names.group ?? "");
    tenants.add(names.tenant);
    for (const tag of names.tags) tags.add(tag);
  }
  return { groups: [...groups].sort(), tags: [...tags].sort(), tenants: [...tenants].sort() };
}
