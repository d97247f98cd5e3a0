/** The map of the live page, for those who draw on it. */

import { signal } from "@preact/signals";
import type { Map as MapLibreMap } from "maplibre-gl";

/** Null while the live page is not open, or its map not ready. Draw by way of `onStyle` of `map_setup.ts`. */
export const mapOf = signal<MapLibreMap | null>(null);
