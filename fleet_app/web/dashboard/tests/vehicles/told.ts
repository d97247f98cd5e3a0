/** A fleet on the page, for tests of what shows it. */

import { fleet, fleetRevision, selectedId } from "../../src/app/state";
import type { Vehicle } from "../../src/feed/fleet";
import { filter, NO_FILTER } from "../../src/vehicles/filter";
import { BY_NAME } from "../../src/vehicles/order";
import { isFollowing, part, sort } from "../../src/vehicles/view";

/** Forget the fleet and the view, and tell these vehicles. */
export function begin(vehicles: readonly Vehicle[]): void {
  filter.value = NO_FILTER;
  sort.value = BY_NAME;
  part.value = "map";
  selectedId.value = null;
  isFollowing.value = false;
  tell("reset", vehicles);
}

/** Tell what has changed of vehicles, or new ones. */
export function change(vehicles: readonly Vehicle[], gone: readonly Vehicle[] = []): void {
  tell("delta", vehicles, gone);
}

function tell(kind: "reset" | "delta", vehicles: readonly Vehicle[], gone: readonly Vehicle[] = []): void {
  fleet.apply({
    kind,
    timeMs: 0,
    behindMs: 0,
    token: "",
    gone: gone.map((each) => each.number),
    seen: vehicles,
    names: new Map(vehicles.map((each) => [each.number, each.names])),
  });
  fleetRevision.value += 1;
}
