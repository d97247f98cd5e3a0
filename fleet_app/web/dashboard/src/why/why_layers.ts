/** The layers that sent and accepted positions are drawn in. */

import type { GeoJSONSource, LayerSpecification, Map as MapLibreMap, PointLike } from "maplibre-gl";
import type { Quality } from "../api/vehicles";
import { themeColour } from "../ui/theme_colour";
import { crossesOf, dotsOf, type Shown, waysOf } from "./why_map";

/** What is drawn. */
export interface Drawn {
  readonly quality: Quality;
  readonly shown: Shown;
  readonly longestStepMs: number;
  /** The place in the answer of the refused position that stands out. */
  readonly chosen: number | null;
}

const WAYS = "why-ways";
const DOTS = "why-dots";
const CROSSES = "why-crosses";
const CHOSEN = "why-chosen";
const CROSS = "why-cross";
const CROSS_PX = 20;
const PIXEL_RATIO = 2;

/** Add sources and layers without anything in them, in the colours of the theme. */
export function addLayers(map: MapLibreMap): void {
  map.addImage(CROSS, crossOf(themeColour("--danger"), themeColour("--surface")), { pixelRatio: PIXEL_RATIO });
  for (const source of [WAYS, DOTS, CROSSES]) {
    map.addSource(source, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  }
  for (const layer of layers()) map.addLayer(layer);
}

/** Put into the layers what is to be drawn now. */
export function fill(map: MapLibreMap, { quality, shown, longestStepMs, chosen }: Drawn): void {
  map.getSource<GeoJSONSource>(WAYS)?.setData(waysOf(quality, shown, longestStepMs));
  map.getSource<GeoJSONSource>(DOTS)?.setData(dotsOf(quality));
  map.getSource<GeoJSONSource>(CROSSES)?.setData(crossesOf(quality, shown));
  if (map.getLayer(CHOSEN)) map.setFilter(CHOSEN, ["==", ["get", "index"], chosen ?? -1]);
}

/** Return the refused position at a point of the screen: its place in the answer; null if there is none. */
export function indexUnder(map: MapLibreMap, point: PointLike): number | null {
  if (!map.getLayer(CROSSES)) return null;
  const { index }: { index?: unknown } = map.queryRenderedFeatures(point, { layers: [CROSSES] })[0]?.properties ?? {};
  return typeof index === "number" ? index : null;
}

function layers(): LayerSpecification[] {
  const [accepted, surface] = [themeColour("--state-moving"), themeColour("--surface")];
  return [
    {
      id: WAYS,
      type: "line",
      source: WAYS,
      layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": accepted, "line-width": 3, "line-opacity": 0.7 },
    },
    {
      id: DOTS,
      type: "circle",
      source: DOTS,
      paint: {
        "circle-radius": 3.5,
        "circle-color": accepted,
        "circle-stroke-width": 1,
        "circle-stroke-color": surface,
      },
    },
    {
      id: CHOSEN,
      type: "circle",
      source: CROSSES,
      filter: ["==", ["get", "index"], -1],
      paint: {
        "circle-radius": 15,
        "circle-opacity": 0,
        "circle-stroke-width": 3,
        "circle-stroke-color": themeColour("--danger"),
      },
    },
    {
      id: CROSSES,
      type: "symbol",
      source: CROSSES,
      layout: {
        "icon-image": CROSS,
        "icon-allow-overlap": true,
        "text-field": ["get", "label"],
        "text-font": ["system-ui"],
        "text-size": 12,
        "text-anchor": "left",
        "text-offset": [1, 0],
        // A cross is always there; its words give way to others.
        "text-optional": true,
      },
      paint: { "text-color": themeColour("--text"), "text-halo-color": surface, "text-halo-width": 2 },
    },
  ];
}

/** A cross on a wider one in the colour of the ground, so that it is seen on lines and dots. */
function crossOf(colour: string, ground: string): ImageData {
  const size = CROSS_PX * PIXEL_RATIO;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  if (context === null) return new ImageData(size, size);
  context.lineCap = "round";
  for (const [stroke, width] of [
    [ground, 6],
    [colour, 3],
  ] as const) {
    context.strokeStyle = stroke;
    context.lineWidth = width * PIXEL_RATIO;
    context.beginPath();
    for (const [from, to] of [
      [0.25, 0.75],
      [0.75, 0.25],
    ] as const) {
      context.moveTo(from * size, size / 4);
      context.lineTo(to * size, (3 * size) / 4);
    }
    context.stroke();
  }
  return context.getImageData(0, 0, size, size);
}
