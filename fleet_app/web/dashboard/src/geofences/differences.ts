/** What somebody else has changed of a geofence meanwhile. */

import type { GeofenceBody } from "../api/geofences";

/** Fields that people can tell apart; every one of the body but the tenant, which never changes. */
export const COMPARED = [
  "name",
  "shape",
  "tags",
  "speed_limit_mps",
  "dwell_limit_s",
  "stop_after_s",
  "is_exempt",
  "schedule",
] as const satisfies readonly (keyof GeofenceBody)[];
export type Compared = (typeof COMPARED)[number];

/** Return the fields that are not the same in two states of a geofence. */
export function differences(one: GeofenceBody, other: GeofenceBody): readonly Compared[] {
  return COMPARED.filter((field) => JSON.stringify(one[field] ?? null) !== JSON.stringify(other[field] ?? null));
}
