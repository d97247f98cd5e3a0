/** Geofences on the live map: outlines with a light fill, names from close by, and the selected one highlighted. */

import { computed, effect } from "@preact/signals";
import type { Feature, FeatureCollection } from "geojson";
import type {
  ExpressionSpecification,
  GeoJSONSource,
  LayerSpecification,
  MapLayerMouseEvent,
  Map as MapLibreMap,
} from "maplibre-gl";
import { onStyle } from "../base_map/map_setup";
import { VEHICLE_LAYER } from "../map/vehicle_layer";
import { themeColour } from "../ui/theme_colour";
import { isDrawable, type Place } from "./draft";
import { editing } from "./editing";
import { collectionOf, type GeofenceKind, geofences, selectedGeofenceId } from "./shown";

const SOURCE = "geofences";
const MARKS = "geofence-marks";
const FILL = "geofences-fill";
const SELECTED = ["geofences-selected-fill", "geofences-selected-line"] as const;
const NAMES_FROM_ZOOM = 12;
/** In widths of the line: what is told apart by colour elsewhere is told apart by its pattern here. */
const DASHES: Readonly<Record<GeofenceKind, readonly number[] | null>> = {
  plain: null,
  limited: [6, 2],
  exempt: [1.5, 2],
};
const KINDS = Object.keys(DASHES) as GeofenceKind[];

/** The place that is being made or changed; its geofence is not drawn as it was. */
const draftPlace = computed(() =>
  editing.value?.parts.includes("place")
    ? { id: editing.value.was?.geofence_id, place: editing.value.draft.place }
    : null,
);

const drawn = computed(() =>
  collectionOf((geofences.value ?? []).filter(({ geofence_id }) => geofence_id !== draftPlace.value?.id)),
);

/** Draw the geofences on a map and let them be selected there, until the function that is returned is called. */
export function showGeofences(map: MapLibreMap): () => void {
  const ends = [
    onStyle(map, addLayers),
    effect(() => setData(map, SOURCE, drawn.value)),
    effect(() => setData(map, MARKS, marksOf(draftPlace.value?.place ?? null))),
    effect(() => highlight(map, selectedGeofenceId.value)),
  ];
  map.on("click", FILL, select);
  return () => {
    map.off("click", FILL, select);
    for (const end of ends) end();
  };
}

/** Return what of a place the hand's drawing does not show: the first corners that were typed, and holes. */
export function marksOf(place: Place | null): FeatureCollection {
  const features: Feature[] = [];
  if (place?.kind === "polygon") {
    if (!isDrawable(place))
      features.push(...place.corners.filter(isSomewhere).map(({ lat, lon }) => pointAt(lon, lat)));
    for (const hole of place.holes) features.push(lineAlong(hole.map(([lon, lat]) => [lon, lat])));
  }
  return { type: "FeatureCollection", features };
}

function select(event: MapLayerMouseEvent): void {
  if (draftPlace.peek() !== null || event.defaultPrevented) return;
  // The topmost is the smallest of those that lie upon each other.
  const { id }: { readonly id?: unknown } = event.features?.[0]?.properties ?? {};
  if (typeof id === "string") selectedGeofenceId.value = id;
}

function addLayers(map: MapLibreMap): void {
  const before = map.getLayer(VEHICLE_LAYER) === undefined ? undefined : VEHICLE_LAYER;
  map.addSource(SOURCE, { type: "geojson", data: drawn.peek() });
  map.addSource(MARKS, { type: "geojson", data: marksOf(draftPlace.peek()?.place ?? null) });
  for (const layer of layers()) map.addLayer(layer, before);
  highlight(map, selectedGeofenceId.peek());
}

function layers(): LayerSpecification[] {
  const [line, chosen, ground] = [themeColour("--text-quiet"), themeColour("--accent"), themeColour("--surface")];
  const [selectedFill, selectedLine] = SELECTED;
  return [
    { id: FILL, type: "fill", source: SOURCE, paint: { "fill-color": line, "fill-opacity": 0.1 } },
    { id: selectedFill, type: "fill", source: SOURCE, paint: { "fill-color": chosen, "fill-opacity": 0.15 } },
    // Below the outlines, so that their patterns are seen upon it.
    {
      id: selectedLine,
      type: "line",
      source: SOURCE,
      paint: { "line-color": chosen, "line-width": 8, "line-opacity": 0.5 },
    },
    ...KINDS.map((kind) => outline(kind, line)),
    {
      id: "geofences-names",
      type: "symbol",
      source: SOURCE,
      minzoom: NAMES_FROM_ZOOM,
      layout: { "text-field": ["get", "name"], "text-size": 13, "text-max-width": 9 },
      paint: { "text-color": themeColour("--text"), "text-halo-color": ground, "text-halo-width": 1.5 },
    },
    { id: "geofence-marks-lines", type: "line", source: MARKS, paint: { "line-color": chosen, "line-width": 2 } },
    {
      id: "geofence-marks-points",
      type: "circle",
      source: MARKS,
      filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-radius": 6,
        "circle-color": ground,
        "circle-stroke-color": chosen,
        "circle-stroke-width": 2,
      },
    },
  ];
}

function outline(kind: GeofenceKind, colour: string): LayerSpecification {
  const dash = DASHES[kind];
  return {
    id: `geofences-outline-${kind}`,
    type: "line",
    source: SOURCE,
    filter: ["==", ["get", "kind"], kind],
    paint: { "line-color": colour, "line-width": 2, ...(dash !== null && { "line-dasharray": [...dash] }) },
  };
}

function highlight(map: MapLibreMap, id: string | null): void {
  const isChosen: ExpressionSpecification = ["==", ["get", "id"], id ?? ""];
  for (const layer of SELECTED) if (map.getLayer(layer) !== undefined) map.setFilter(layer, isChosen);
}

/** Where the style is not there yet, `addLayers` takes the newest data when it is. */
function setData(map: MapLibreMap, source: string, data: FeatureCollection): void {
  (map.getSource(source) as GeoJSONSource | undefined)?.setData(data);
}

function isSomewhere({ lat, lon }: { readonly lat: number; readonly lon: number }): boolean {
  return Number.isFinite(lat) && Number.isFinite(lon);
}

function pointAt(lon: number, lat: number): Feature {
  return { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [lon, lat] } };
}

function lineAlong(coordinates: number[][]): Feature {
  return { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } };
}
