/** Trips and stops as the worker tells them (`docs/api.md`). Names are those of the answers. */

import { get } from "./ask";

/** What ended a trip or stop. By `silence`, it is provisional. */
export type Ending = "stop" | "departure" | "silence" | "new_anchor";

/** A trip, or the stop between two trips. */
export interface Leg {
  readonly id: string;
  readonly kind: "trip" | "stop";
  readonly start_ms: number;
  readonly end_ms: number;
  readonly start_lat: number;
  readonly start_lon: number;
  readonly end_lat: number;
  readonly end_lon: number;
  readonly duration_s: number;
  readonly distance_m: number;
  readonly mean_speed_mps: number | null;
  readonly max_speed_mps: number | null;
  readonly harsh_events: number;
  readonly harsh_observable: boolean;
  /** Null while it goes on. */
  readonly ending: Ending | null;
  /** 1 when it was told first, one more for each change; 0 while it goes on. */
  readonly revision: number;
}

/** Where a vehicle was at an instant; what its device did not report is left out. */
export interface TrackPoint {
  readonly time_ms: number;
  readonly lat: number;
  readonly lon: number;
  readonly speed_mps?: number;
  readonly heading_deg?: number;
}

export interface LegWithTrack extends Leg {
  /** Its way in Google's encoding with five digits; null while it goes on. */
  readonly polyline: string | null;
  /** How many of its fixes are kept; `track` holds fewer where they are too many. */
  readonly track_fixes: number;
  /** Null once the track is no longer kept. */
  readonly track: readonly TrackPoint[] | null;
}

interface Page {
  readonly items: readonly Leg[];
  readonly next: string | null;
}

// The polyline of a month's trips is most of the answer, and a list draws none.
const LISTED: readonly (keyof Leg)[] = [
  "id",
  "kind",
  "start_ms",
  "end_ms",
  "start_lat",
  "start_lon",
  "end_lat",
  "end_lon",
  "duration_s",
  "distance_m",
  "mean_speed_mps",
  "max_speed_mps",
  "harsh_events",
  "harsh_observable",
  "ending",
  "revision",
];

/** Return the trips and stops of a vehicle in a span, oldest first, from all pages. @throws {Problem} Not all came. */
export async function legsOf(vehicleId: string, asked: URLSearchParams, signal?: AbortSignal): Promise<Leg[]> {
  const query = new URLSearchParams(asked);
  query.set("kind", "all");
  query.set("fields", LISTED.join(","));
  const legs: Leg[] = [];
  for (;;) {
    const page = await get<Page>(`${pathOf(vehicleId)}?${query}`, signal);
    legs.push(...page.items);
    if (page.next === null) return legs;
    query.set("cursor", page.next);
  }
}

/** Return a trip with its track. @throws {Problem} It is not known (any more), or cannot be read. */
export function tripOf(tripId: string, signal?: AbortSignal): Promise<LegWithTrack> {
  return get<LegWithTrack>(`/api/trips/${encodeURIComponent(tripId)}`, signal);
}

/** Return the address of a span's trips and stops as a table for spreadsheets. */
export function legsCsv(vehicleId: string, asked: URLSearchParams): string {
  const query = new URLSearchParams(asked);
  query.set("kind", "all");
  query.set("format", "csv");
  return `${pathOf(vehicleId)}?${query}`;
}

function pathOf(vehicleId: string): string {
  return `/api/vehicles/${encodeURIComponent(vehicleId)}/trips`;
}
