/** Which page is shown: the path says which, the query how. The browser's history is the only memory. */

import { signal } from "@preact/signals";

export type Route =
  | { readonly page: "live" }
  | { readonly page: "vehicle"; readonly vehicleId: string; readonly part: VehiclePart }
  | { readonly page: "system" }
  | { readonly page: "nowhere" };

export const VEHICLE_PARTS = ["now", "trips", "why"] as const;
/** A part of the page of one vehicle. */
export type VehiclePart = (typeof VEHICLE_PARTS)[number];

/** Return the page of a path, such as `/vehicles/van-07/trips`. */
export function routeOf(path: string): Route {
  const [first = "", id = "", part = "now", ...rest] = path.replace(/^\/|\/$/g, "").split("/");
  if (rest.length > 0) return { page: "nowhere" };
  if (first === "" && id === "") return { page: "live" };
  if (first === "system" && id === "") return { page: "system" };
  if (first === "vehicles" && id !== "" && isPart(part)) {
    const vehicleId = decoded(id);
    return vehicleId === null ? { page: "nowhere" } : { page: "vehicle", vehicleId, part };
  }
  return { page: "nowhere" };
}

/** Return the path of a page. */
export function pathOf(route: Exclude<Route, { page: "nowhere" }>): string {
  switch (route.page) {
    case "live":
      return "/";
    case "system":
      return "/system";
    case "vehicle": {
      const path = `/vehicles/${encodeURIComponent(route.vehicleId)}`;
      return route.part === "now" ? path : `${path}/${route.part}`;
    }
  }
}

function isPart(text: string): text is VehiclePart {
  return (VEHICLE_PARTS as readonly string[]).includes(text);
}

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

/** Where the page is now. */
export const route = signal<Route>(routeOf(location.pathname));
/** The query of the page's address: how it is looked at. */
export const query = signal(new URLSearchParams(location.search));

/** Go to another page; `search` are its query's parameters. */
export function go(path: string, search: URLSearchParams = new URLSearchParams()): void {
  history.pushState(null, "", withQuery(path, search));
  follow();
}

/** Say in the address how the page is looked at now, without a new entry in the history. */
export function look(search: URLSearchParams): void {
  history.replaceState(null, "", withQuery(location.pathname, search));
  query.value = search;
}

/** Keep up with the browser's history, and with links to other pages of ours. */
export function followHistory(): void {
  addEventListener("popstate", follow);
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || !isOurs(event, link)) return;
    event.preventDefault();
    go(link.pathname, new URLSearchParams(link.search));
  });
}

function isOurs(event: MouseEvent, link: HTMLAnchorElement): boolean {
  const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  // A link to a place within a page is the browser's own.
  const isPage = link.origin === location.origin && link.hash === "" && routeOf(link.pathname).page !== "nowhere";
  return isPlain && isPage && !event.defaultPrevented && link.target === "" && !link.hasAttribute("download");
}

function follow(): void {
  route.value = routeOf(location.pathname);
  query.value = new URLSearchParams(location.search);
}

function withQuery(path: string, search: URLSearchParams): string {
  // Commas and colons may stand as they are: addresses are read by people.
  const text = search.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text === "" ? path : `${path}?${text}`;
}
