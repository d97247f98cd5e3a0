/** How the live page is looked at, as its address says it: filter, selection, order, and what is large. */

import { batch, effect, signal, untracked } from "@preact/signals";
import { look, query, route } from "../app/route";
import { selectedId } from "../app/state";
import { type Filter, filter, NO_FILTER } from "./filter";
import { BY_NAME, SORT_KEYS, type Sort } from "./order";
import { isShownState } from "./shown_state";

export const PARTS = ["map", "table", "geofences"] as const;
/** What the page shows large; `geofences` are a list beside the map. On wide screens the table stands there else. */
export type Part = (typeof PARTS)[number];

export interface View {
  readonly filter: Filter;
  readonly vehicleId: string | null;
  /** Whether the map goes where the selected vehicle goes; never without one. */
  readonly isFollowing: boolean;
  readonly sort: Sort;
  readonly part: Part;
}

export const isFollowing = signal(false);
export const sort = signal<Sort>(BY_NAME);
export const part = signal<Part>("map");

/** Return the view that an address's query describes; what it does not say, or says wrongly, is as at first. */
export function viewOf(search: URLSearchParams): View {
  const vehicleId = search.get("vehicle") || null;
  return {
    filter: {
      text: search.get("q") ?? "",
      statuses: new Set((search.get("status") ?? "").split(",").filter(isShownState)),
      groups: new Set(search.getAll("group")),
      tags: new Set(search.getAll("tag")),
      tenants: new Set(search.getAll("tenant")),
    },
    vehicleId,
    isFollowing: vehicleId !== null && search.get("follow") === "1",
    sort: sortOf(search.get("sort") ?? ""),
    part: PARTS.find((each) => each === search.get("view")) ?? "map",
  };
}

/** Return a query that describes a view. Parameters that others keep there, such as the map's, stay as they are. */
export function searchOf(view: View, before: URLSearchParams): URLSearchParams {
  const search = new URLSearchParams(before);
  const { text, statuses, groups, tags, tenants } = view.filter;
  put(search, "vehicle", view.vehicleId === null ? [] : [view.vehicleId]);
  put(search, "follow", view.isFollowing && view.vehicleId !== null ? ["1"] : []);
  put(search, "q", text === "" ? [] : [text]);
  put(search, "status", statuses.size === 0 ? [] : [[...statuses].join(",")]);
  // Names may hold commas, so each is a parameter of its own.
  put(search, "group", groups);
  put(search, "tag", tags);
  put(search, "tenant", tenants);
  put(search, "sort", isSame(view.sort, BY_NAME) ? [] : [`${view.sort.isDescending ? "-" : ""}${view.sort.key}`]);
  put(search, "view", view.part === "map" ? [] : [view.part]);
  return search;
}

/** Keep the page's address and its view the same, both ways, until the returned function is called. */
export function keepInAddress(): () => void {
  const endReading = effect(() => {
    const search = query.value;
    // The query is another page's once that is gone to, shortly before this page has gone.
    if (route.peek().page === "live") untracked(() => use(viewOf(search)));
  });
  const endWriting = effect(() => {
    const view = current();
    const before = query.peek();
    const search = searchOf(view, before);
    if (route.peek().page === "live" && search.toString() !== before.toString()) look(search);
  });
  return () => {
    endReading();
    endWriting();
  };
}

/** Select a vehicle and go where it is: the map keeps it in sight. */
export function show(vehicleId: string): void {
  batch(() => {
    selectedId.value = vehicleId;
    isFollowing.value = true;
  });
}

export function unselect(): void {
  batch(() => {
    selectedId.value = null;
    isFollowing.value = false;
  });
}

export function unfilter(): void {
  filter.value = NO_FILTER;
}

function current(): View {
  return {
    filter: filter.value,
    vehicleId: selectedId.value,
    isFollowing: isFollowing.value,
    sort: sort.value,
    part: part.value,
  };
}

function use(view: View): void {
  // Writing what is there already would wake everything that follows it: filters are new objects each time.
  if (searchOf(view, EMPTY).toString() === searchOf(current(), EMPTY).toString()) return;
  batch(() => {
    filter.value = view.filter;
    selectedId.value = view.vehicleId;
    isFollowing.value = view.isFollowing;
    sort.value = view.sort;
    part.value = view.part;
  });
}

const EMPTY = new URLSearchParams();

function put(search: URLSearchParams, name: string, values: Iterable<string>): void {
  search.delete(name);
  for (const value of values) search.append(name, value);
}

function sortOf(text: string): Sort {
  const isDescending = text.startsWith("-");
  const key = SORT_KEYS.find((each) => each === text.slice(isDescending ? 1 : 0));
  return key === undefined ? BY_NAME : { key, isDescending };
}

function isSame(one: Sort, other: Sort): boolean {
  return one.key === other.key && one.isDescending === other.isDescending;
}
