/** The trail of the selected vehicle, on the map. */

import type { GeoJSONSource, Map as MapLibreMap } from "maplibre-gl";
import { get, Problem } from "../api/ask";
import type { TrackPoint } from "../api/trips";
import { themeColour } from "../ui/theme_colour";
import type { Past } from "./motion";
import { linesOf, merged, TRAIL_MS } from "./trail";
import { VEHICLE_LAYER } from "./vehicle_layer";

const SOURCE = "fleet-trail";
const CASING = "fleet-trail-casing";

/** How far a trail is drawn: up to a device time, and from there to where the vehicle is drawn. */
export interface Reached {
  readonly untilMs: number;
  readonly end: Past | null;
}

export class TrailLayer {
  readonly #map: MapLibreMap;
  #fixes: readonly Past[] = [];
  #vehicleId: string | null = null;
  #asking: AbortController | null = null;

  constructor(map: MapLibreMap) {
    this.#map = map;
  }

  /** Put the layers on the map, below the vehicles: after each change of style. */
  add(): void {
    const map = this.#map;
    if (map.getSource(SOURCE) !== undefined) return;
    map.addSource(SOURCE, { type: "geojson", data: lines([]) });
    const below = map.getLayer(VEHICLE_LAYER) === undefined ? undefined : VEHICLE_LAYER;
    const layout = { "line-cap": "round", "line-join": "round" } as const;
    const casing = { "line-color": themeColour("--surface"), "line-width": 7, "line-opacity": 0.8 };
    const inner = { "line-color": themeColour("--accent"), "line-width": 3.5 };
    map.addLayer({ id: CASING, type: "line", source: SOURCE, layout, paint: casing }, below);
    map.addLayer({ id: SOURCE, type: "line", source: SOURCE, layout, paint: inner }, below);
  }

  /**
   * Show the trail of another vehicle, or of none. `told` are its newest fixes as the feed told them: the worker's track
   * lacks those that wait to be judged.
   */
  async show(vehicleId: string | null, told: readonly Past[]): Promise<void> {
    if (vehicleId === this.#vehicleId) return;
    this.#asking?.abort();
    this.#vehicleId = vehicleId;
    this.#fixes = told;
    this.draw({ untilMs: 0, end: null });
    if (vehicleId === null) return;
    const asking = new AbortController();
    this.#asking = asking;
    const newestMs = told.at(-1)?.timeMs ?? Date.now();
    const known = await fixesSince(vehicleId, newestMs - TRAIL_MS, asking.signal);
    if (this.#asking === asking) this.#fixes = merged(known, this.#fixes);
  }

  /** Take over a position that the feed has told of the vehicle that is shown. */
  grow(vehicleId: string, fix: Past): void {
    if (vehicleId === this.#vehicleId) this.#fixes = merged(this.#fixes, [fix]);
  }

  draw({ untilMs, end }: Reached): void {
    this.#map.getSource<GeoJSONSource>(SOURCE)?.setData(lines(linesOf(this.#fixes, untilMs, end)));
  }

  end(): void {
    this.#asking?.abort();
  }
}

/** What cannot be read is no trail yet: it grows from what the feed tells, and no dispatcher waits for it. */
async function fixesSince(vehicleId: string, fromMs: number, signal: AbortSignal): Promise<readonly Past[]> {
  const path = `/api/vehicles/${encodeURIComponent(vehicleId)}/track?from=${Math.max(0, Math.floor(fromMs))}`;
  try {
    const track = await get<{ readonly items: readonly TrackPoint[] }>(path, signal);
    return track.items.map(({ time_ms, lat, lon }) => ({ timeMs: time_ms, lat, lon }));
  } catch (error) {
    if (error instanceof Problem || signal.aborted) return [];
    throw error;
  }
}

function lines(coordinates: GeoJSON.Position[][]): GeoJSON.Feature {
  return { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates } };
}
