/** Geofences over the API: read them all, or one; make, change and delete one, and what became of that. */

import { change, get, getTagged, Problem, type Tagged } from "./ask";

/** Longitude and latitude, degrees, as GeoJSON writes them. */
export type Position = readonly [lon: number, lat: number];

export interface CircleShape {
  readonly type: "circle";
  readonly lat: number;
  readonly lon: number;
  readonly radius_m: number;
}

export interface PolygonShape {
  readonly type: "polygon";
  /** The outline and then its holes, each closed: its last point is its first. */
  readonly coordinates: readonly (readonly Position[])[];
}

export type Shape = CircleShape | PolygonShape;

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Part of the week, in the fleet's time zone. */
export interface Hours {
  readonly days: readonly Weekday[];
  /** `22:00`, for example. */
  readonly start: string;
  /** On the next day if that is not later than `start`. */
  readonly end: string;
}

/** What a change sends. Fields that say nothing are left out. */
export interface GeofenceBody {
  readonly name: string;
  readonly shape: Shape;
  readonly tenant?: string;
  readonly tags?: readonly string[];
  readonly schedule?: readonly Hours[];
  readonly speed_limit_mps?: number;
  readonly dwell_limit_s?: number;
  readonly stop_after_s?: number;
  readonly is_exempt?: boolean;
}

export interface Geofence extends GeofenceBody {
  readonly geofence_id: string;
  readonly revision: number;
}

/** What became of a change. */
export type Outcome =
  | { readonly became: "made" | "changed"; readonly geofence: Geofence }
  | { readonly became: "deleted" }
  /** It is safe in Kafka and still counts, but was not decided within the time that one waits. */
  | { readonly became: "undecided" }
  /** Somebody else changed it first. `newer` is what there is now; null if it was deleted. */
  | { readonly became: "overtaken"; readonly newer: Geofence | null }
  /** It cannot be so, or this caller may not; `detail` says why, in the worker's words. */
  | { readonly became: "refused"; readonly detail: string }
  /** There is none of that id, for this caller. */
  | { readonly became: "unknown" }
  /** The worker did not answer, or Kafka did not confirm: the change may have been made, or not. */
  | { readonly became: "unavailable"; readonly detail: string };

const PAGE = "/api/geofences?limit=1000";

interface Page {
  readonly items: readonly Geofence[];
  readonly next: string | null;
}

/** All geofences as they were read, with the tags of the pages that told them. */
export interface Pages {
  readonly pages: ReadonlyMap<string, Tagged<Page>>;
  readonly geofences: readonly Geofence[];
}

const NOTHING_SEEN: Pages = { pages: new Map(), geofences: [] };

/**
 * Return all geofences, in the order of their ids.
 * @param seen What was read before: pages that say the same are not sent again, and if all do, this very object comes back.
 * @throws {Problem} They cannot be read whole.
 */
export async function readAll(seen: Pages = NOTHING_SEEN, signal?: AbortSignal): Promise<Pages> {
  const pages = new Map<string, Tagged<Page>>();
  for (let path: string | null = PAGE; path !== null; ) {
    const page: Tagged<Page> = await readPage(path, seen.pages.get(path), signal);
    pages.set(path, page);
    path = page.value.next === null ? null : `${PAGE}&cursor=${encodeURIComponent(page.value.next)}`;
  }
  const isSame = pages.size === seen.pages.size && [...pages].every(([path, page]) => seen.pages.get(path) === page);
  return isSame ? seen : { pages, geofences: [...pages.values()].flatMap((page) => page.value.items) };
}

/** Return one geofence as it is now; null if there is none. @throws {Problem} It cannot be read. */
export async function readOne(geofenceId: string): Promise<Geofence | null> {
  try {
    return await get<Geofence>(pathOf(geofenceId));
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/** A vehicle near a geofence, and which ones it is in, as of the last commit. */
export interface VehicleNear {
  readonly vehicle_id: string;
  readonly last: { readonly time_ms: number };
  readonly profile: { readonly name?: string | null } | null;
  readonly geofence_ids: readonly string[];
}

/** Return the vehicles whose newest judged position is in an area. @throws {Problem} They cannot be read whole. */
export async function readVehicles(bbox: readonly number[], signal?: AbortSignal): Promise<readonly VehicleNear[]> {
  const asked = `/api/vehicles?limit=1000&fields=vehicle_id,last,profile,geofence_ids&bbox=${bbox.join(",")}`;
  const found: VehicleNear[] = [];
  for (let path: string | null = asked; path !== null; ) {
    const page: VehiclePage = await get<VehiclePage>(path, signal);
    found.push(...page.items);
    path = page.next === null ? null : `${asked}&cursor=${encodeURIComponent(page.next)}`;
  }
  return found;
}

interface VehiclePage {
  readonly items: readonly VehicleNear[];
  readonly next: string | null;
}

/** Make a geofence, under an id that the worker gives it. */
export function make(body: GeofenceBody): Promise<Outcome> {
  return outcomeOf(async () => {
    const { value, etag } = await change<Geofence>("POST", "/api/geofences?wait=1", body, "any");
    return etag === null ? { became: "undecided" } : { became: "made", geofence: value };
  });
}

/** Put another in the place of a geofence, if its revision is still the one that was seen; 0: if there is none. */
export function put(geofenceId: string, body: GeofenceBody, seenRevision: number): Promise<Outcome> {
  return sendSeen(geofenceId, seenRevision, async () => {
    const { value, etag } = await change<Geofence>("PUT", `${pathOf(geofenceId)}?wait=1`, body, seen(seenRevision));
    if (etag === null) return { became: "undecided" };
    return { became: value.revision === 1 ? "made" : "changed", geofence: value };
  });
}

/** Delete a geofence, if its revision is still the one that was seen. */
export function remove(geofenceId: string, seenRevision: number): Promise<Outcome> {
  return sendSeen(geofenceId, seenRevision, async () => {
    const { value } = await change<unknown>("DELETE", `${pathOf(geofenceId)}?wait=1`, undefined, seen(seenRevision));
    return { became: value === undefined ? "deleted" : "undecided" };
  });
}

async function readPage(path: string, seen: Tagged<Page> | undefined, signal?: AbortSignal): Promise<Tagged<Page>> {
  if (seen !== undefined && seen.etag !== null && (await isStill(path, seen.etag, signal))) return seen;
  return getTagged<Page>(path, signal);
}

/** Return whether a path would answer what it answered with this tag; false, too, where it does not answer. */
async function isStill(path: string, etag: string, signal?: AbortSignal): Promise<boolean> {
  const answer = await fetch(path, { headers: { "If-None-Match": etag }, signal: signal ?? null }).catch(() => null);
  void answer?.body?.cancel();
  return answer?.status === 304;
}

async function outcomeOf(send: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 0 || error.status >= 500) return { became: "unavailable", detail: error.message };
    return error.status === 404 ? { became: "unknown" } : { became: "refused", detail: error.message };
  }
}

/** Send a change that names the revision it saw, and look at what there is where that was another one. */
async function sendSeen(geofenceId: string, seenRevision: number, send: () => Promise<Outcome>): Promise<Outcome> {
  return outcomeOf(async () => {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof Problem) || (error.status !== 409 && error.status !== 412)) throw error;
      const newer = await readOne(geofenceId);
      // Another conflict than that of revisions, such as a move to another tenant: looking at it again is no help.
      if ((newer?.revision ?? 0) === seenRevision) return { became: "refused", detail: error.message };
      return { became: "overtaken", newer };
    }
  });
}

function seen(revision: number): { readonly etag: string } | "new" {
  return revision === 0 ? "new" : { etag: `"${revision}"` };
}

function pathOf(geofenceId: string): string {
  return `/api/geofences/${encodeURIComponent(geofenceId)}`;
}
