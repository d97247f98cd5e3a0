/** Every map of the dashboard begins here: its worker, its base map in the theme that is shown, its controls. */

import { effect } from "@preact/signals";
import {
  AttributionControl,
  Map as MapLibreMap,
  NavigationControl,
  prewarm,
  type StyleSpecification,
  setWorkerUrl,
} from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { pageSettings } from "../api/page_settings";
import { strings } from "../strings";
import { styleOf } from "./base_map";
import { addProtocols } from "./protocols";
import { shownTheme } from "./shown_theme";
import "./map_setup.css";

/** Where a map looks. */
export interface View {
  readonly lat: number;
  readonly lon: number;
  readonly zoom: number;
}

/** All of the world's land: where nobody has said where to look. */
export const WORLD: View = { lat: 30, lon: 10, zoom: 1 };

const MAX_ZOOM = 20;

setWorkerUrl(workerUrl);
addProtocols();
// Begun before there is a map, and kept when there is none: the worker of ours that serves their script may be gone by
// then, and maps are there to be looked at all the same.
prewarm();

/** Return a map with the base map alone; `map.remove()` ends it. @throws The browser has no WebGL 2. */
export function createMap(container: HTMLElement, label: string, view: View = WORLD): MapLibreMap {
  const map = new MapLibreMap({
    container,
    style: styleOf(shownTheme.peek(), pageSettings.peek()),
    center: [view.lon, view.lat],
    zoom: view.zoom,
    maxZoom: MAX_ZOOM,
    // What is drawn upon it assumes a map that is looked at from above.
    maxPitch: 0,
    pitchWithRotate: false,
    attributionControl: false,
    locale: { "Map.Title": label, ...strings.map.controls },
  });
  map.addControl(new AttributionControl({ compact: true }), "bottom-right");
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  map.on("style.load", () => map.setProjection({ type: "mercator" }));
  map.once("remove", followSettings(map));
  container.setAttribute("aria-busy", "true");
  map.once("load", () => container.removeAttribute("aria-busy"));
  return map;
}

/**
 * Add to a map what is drawn upon its base map: now if its style is there, and again after each change of style, which
 * forgets sources, layers and images. Returns what ends that; it removes nothing from the map.
 */
export function onStyle(map: MapLibreMap, add: (map: MapLibreMap) => void): () => void {
  const again = () => add(map);
  map.on("style.load", again);
  if (hasStyle.has(map)) add(map);
  return () => map.off("style.load", again);
}

const hasStyle = new WeakSet<MapLibreMap>();

function followSettings(map: MapLibreMap): () => void {
  let shown = JSON.stringify(styleOf(shownTheme.peek(), pageSettings.peek()));
  map.on("style.load", () => hasStyle.add(map));
  map.on("error", () => {
    // The operator's own style cannot be had, and without any nothing can be drawn: the bundled one takes its place.
    if (!hasStyle.has(map) && isOwnStyle()) changeStyle(map, styleOf(shownTheme.peek(), null));
  });
  return effect(() => {
    const style = styleOf(shownTheme.value, pageSettings.value);
    if (JSON.stringify(style) === shown) return;
    shown = JSON.stringify(style);
    changeStyle(map, style);
  });
}

function isOwnStyle(): boolean {
  return typeof styleOf(shownTheme.peek(), pageSettings.peek()) === "string";
}

function changeStyle(map: MapLibreMap, style: StyleSpecification | string): void {
  hasStyle.delete(map);
  // Not the difference to the style before: that would remove the layers of others without telling them.
  map.setStyle(style, { diff: false });
}
