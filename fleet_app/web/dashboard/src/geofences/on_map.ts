/** What geofences do on the live map for as long as it is there: they are shown, and drawn while one is being edited. */

import { computed, effect, signal } from "@preact/signals";
import type { Map as MapLibreMap } from "maplibre-gl";
import { mapOf } from "../live/the_map";
import { picksVehicles } from "../map/picking";
import { EMPTY_CIRCLE } from "./draft";
import { editing, giveUp, putPlace } from "./editing";
import { showGeofences } from "./layer";
import { followGeofences } from "./shown";

/** Whether the last try to load the drawing has failed. */
export const drawingFailed = signal(false);

/** Whether a place is being drawn or adjusted by hand: clicks on the map mean that, and no vehicle. */
export const isDrawing = computed(() => editing.value?.parts.includes("place") ?? false);

const place = computed(() => editing.value?.draft.place ?? EMPTY_CIRCLE);
/** Another geofence, or another kind of place, is drawn anew. */
const session = computed(() => (isDrawing.value ? `${place.value.kind} ${editing.value?.draft.geofenceId}` : null));

/** Show geofences on the live map whenever there is one, until the function that is returned is called. */
export function geofencesOnMap(): () => void {
  const ends = [
    followGeofences(),
    effect(() => (mapOf.value === null ? undefined : showGeofences(mapOf.value))),
    effect(() => {
      picksVehicles.value = !isDrawing.value;
    }),
    effect(() => (mapOf.value === null || session.value === null ? undefined : drawWhenLoaded(mapOf.value))),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** Look at an extent of the live map, if it is there. */
export function lookAt([west, south, east, north]: readonly [number, number, number, number]): void {
  mapOf.peek()?.fitBounds([west, south, east, north], { padding: 64, maxZoom: 17, duration: 600, essential: false });
}

function drawWhenLoaded(map: MapLibreMap): () => void {
  let end: (() => void) | null = null;
  let isOver = false;
  import("./drawing").then(
    ({ drawOn }) => {
      drawingFailed.value = false;
      if (!isOver) end = drawOn(map, { place, take: putPlace, giveUp });
    },
    () => {
      drawingFailed.value = true;
    },
  );
  return () => {
    isOver = true;
    end?.();
  };
}
