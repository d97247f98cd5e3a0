/** The geofences that there are, kept up to date while somebody looks, and which of them is selected. */

import { computed, signal } from "@preact/signals";
import type { Feature, FeatureCollection, Polygon } from "geojson";
import { type Geofence, type Pages, readAll } from "../api/geofences";
import { areaM2, ringsOf } from "./shapes";

/** What the map's layers know of a geofence. */
export interface GeofenceProperties {
  readonly id: string;
  readonly name: string;
  readonly kind: GeofenceKind;
}

/** What makes geofences look different on the map: a limit on speed, or that idling is nobody's concern, or neither. */
export type GeofenceKind = "plain" | "limited" | "exempt";

const EVERY_MS = 10_000;

const pages = signal<Pages | null>(null);

/** All geofences in the order of their ids; null before they are known. */
export const geofences = computed<readonly Geofence[] | null>(() => pages.value?.geofences ?? null);

/** Why they could not be read the last time; what was read before stays. */
export const geofencesProblem = signal<unknown>(null);

export const selectedGeofenceId = signal<string | null>(null);

export const selectedGeofence = computed(
  () => geofences.value?.find(({ geofence_id }) => geofence_id === selectedGeofenceId.value) ?? null,
);

let reading: Promise<void> | null = null;

/** Read the geofences again: now, or as soon as what is under way is done, so that a change made before is in it. */
export async function refreshGeofences(): Promise<void> {
  await reading;
  reading = read();
  await reading;
}

/** Keep the geofences up to date until the function that is returned is called. */
export function followGeofences(): () => void {
  void refreshGeofences();
  const timer = setInterval(() => {
    if (!document.hidden) void refreshGeofences();
  }, EVERY_MS);
  return () => clearInterval(timer);
}

async function read(): Promise<void> {
  try {
    pages.value = await readAll(pages.peek() ?? undefined);
    geofencesProblem.value = null;
  } catch (error) {
    geofencesProblem.value = error;
  }
}

export function kindOf(geofence: Geofence): GeofenceKind {
  if (geofence.speed_limit_mps !== undefined) return "limited";
  return geofence.is_exempt ? "exempt" : "plain";
}

/** Return geofences as the map draws them: the largest first, so that small ones inside it lie on top. */
export function collectionOf(shown: readonly Geofence[]): FeatureCollection<Polygon, GeofenceProperties> {
  const sized = shown.map((geofence) => ({ geofence, size: areaM2(geofence.shape) }));
  sized.sort((one, other) => other.size - one.size);
  return { type: "FeatureCollection", features: sized.map(({ geofence }) => featureOf(geofence)) };
}

function featureOf(geofence: Geofence): Feature<Polygon, GeofenceProperties> {
  return {
    type: "Feature",
    properties: { id: geofence.geofence_id, name: geofence.name, kind: kindOf(geofence) },
    geometry: {
      type: "Polygon",
      coordinates: ringsOf(geofence.shape).map((ring) => ring.map(([lon, lat]) => [lon, lat])),
    },
  };
}
