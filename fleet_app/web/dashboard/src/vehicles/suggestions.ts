/** Which vehicles a search offers, best first. */

import type { Vehicle } from "../feed/fleet";
import { nameOf, naturalOrder } from "./order";
import { folded, searchText } from "./search_text";

/** Return up to `most` vehicles that a text is found in: those that begin with it, before those that hold it. */
export function suggestions(vehicles: Iterable<Vehicle>, text: string, most: number): Vehicle[] {
  const sought = folded(text);
  if (sought === "") return [];
  const found: { readonly vehicle: Vehicle; readonly rank: number }[] = [];
  for (const vehicle of vehicles) {
    const rank = rankOf(searchText(vehicle.names), sought);
    if (rank !== null) found.push({ vehicle, rank });
  }
  found.sort((one, other) => one.rank - other.rank || byName(one.vehicle, other.vehicle));
  return found.slice(0, most).map(({ vehicle }) => vehicle);
}

/** 0: one of the fields is just that. 1: one begins with it. 2: one holds it. */
function rankOf(fields: string, sought: string): number | null {
  const lines = `\n${fields}\n`;
  if (!lines.includes(sought)) return null;
  if (lines.includes(`\n${sought}\n`)) return 0;
  return lines.includes(`\n${sought}`) ? 1 : 2;
}

function byName(one: Vehicle, other: Vehicle): number {
  const [a, b] = [naturalOrder(nameOf(one.names)), naturalOrder(nameOf(other.names))];
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Return the suggestion that is marked after a step down or up, round and round; -1 is the search text itself. */
export function nextMarked(marked: number, step: 1 | -1, count: number): number {
  const places = count + 1;
  return ((marked + 1 + step + places) % places) - 1;
}
