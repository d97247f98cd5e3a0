/** Which vehicles the map, the table and the counts show. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { fleet } from "../app/state";
import type { Vehicle } from "../feed/fleet";
import { followed } from "./fleet_pace";
import { folded, searchText } from "./search_text";
import { type ShownState, stateOf } from "./shown_state";

/** What a vehicle has to be to be shown. What is empty lets all pass; between them, all have to be met. */
export interface Filter {
  /** In its id, name, plate or driver. */
  readonly text: string;
  readonly statuses: ReadonlySet<ShownState>;
  /** Groups by name; an empty name stands for vehicles of no group. */
  readonly groups: ReadonlySet<string>;
  /** A vehicle needs one of these tags. */
  readonly tags: ReadonlySet<string>;
  readonly tenants: ReadonlySet<string>;
}

export const NO_FILTER: Filter = {
  text: "",
  statuses: new Set(),
  groups: new Set(),
  tags: new Set(),
  tenants: new Set(),
};

/** Return whether a filter could hide any vehicle. */
export function isNarrow(filter: Filter): boolean {
  const { statuses, groups, tags, tenants } = filter;
  return folded(filter.text) !== "" || statuses.size + groups.size + tags.size + tenants.size > 0;
}

/** Return whether a vehicle is shown under a filter. */
export function matches(vehicle: Vehicle, filter: Filter): boolean {
  return test(filter)(vehicle);
}

/** Return the vehicles that are shown under a filter, by id; null where it hides none. */
export function shown(vehicles: Iterable<Vehicle>, filter: Filter): ReadonlySet<string> | null {
  if (!isNarrow(filter)) return null;
  const passes = test(filter);
  const ids = new Set<string>();
  for (const vehicle of vehicles) if (passes(vehicle)) ids.add(vehicle.names.vehicleId);
  return ids;
}

/** Return a filter as a function: what is the same for all vehicles is worked out once. */
export function test(filter: Filter): (vehicle: Vehicle) => boolean {
  const { statuses, groups, tags, tenants } = filter;
  const text = folded(filter.text);
  return (vehicle) =>
    (statuses.size === 0 || statuses.has(stateOf(vehicle))) &&
    (groups.size === 0 || groups.has(vehicle.names.group ?? "")) &&
    (tags.size === 0 || vehicle.names.tags.some((tag) => tags.has(tag))) &&
    (tenants.size === 0 || tenants.has(vehicle.names.tenant)) &&
    (text === "" || searchText(vehicle.names).includes(text));
}

/** How the live page is filtered now. */
export const filter = signal<Filter>(NO_FILTER);

let last: ReadonlySet<string> | null = null;

/** The vehicles that are shown now, by id; null where all are. The same set as long as it holds the same vehicles. */
export const visibleVehicles: ReadonlySignal<ReadonlySet<string> | null> = computed(() => {
  followed.value;
  const next = shown(fleet.vehicles.values(), filter.value);
  if (!isSame(last, next)) last = next;
  return last;
});

function isSame(before: ReadonlySet<string> | null, after: ReadonlySet<string> | null): boolean {
  if (before === null || after === null) return before === after;
  if (before.size !== after.size) return false;
  for (const id of after) if (!before.has(id)) return false;
  return true;
}
