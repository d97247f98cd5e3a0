/**
 * What lies below the vehicles: the world's outline and the demo city's streets, which come with the page; or the
 * operator's own tiles, or own style. Nobody else is asked for anything: there is not even a server of letters, since
 * MapLibre draws text with the viewer's fonts where a style names none.
 */

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import worldUrl from "world-atlas/countries-110m.json?url";
import streetsUrl from "../../assets/streets.json?url";
import { BASE_COLOURS, type BaseColours } from "./base_colours";
import type { ShownTheme } from "./shown_theme";

/** What the operator has set of the base map. */
export interface BaseMapSettings {
  readonly map: {
    /** Where the archive of tiles is, on the worker. */
    readonly tiles: string | null;
    readonly style_url: string | null;
  };
}

const OSM =
  '<a href="https://www.openstreetmap.org/copyright" target="_blank" rel="noopener">© OpenStreetMap contributors</a>';

/** What is drawn as one kind of street; widths in pixels by zoom. */
interface StreetKind {
  readonly name: string;
  readonly fromZoom: number;
  readonly namedFromZoom: number;
  readonly widths: readonly (readonly [zoom: number, px: number])[];
}

/** From the least to the most important: later ones are drawn over earlier ones. */
const STREET_KINDS: readonly StreetKind[] = [
  {
    name: "service",
    fromZoom: 14,
    namedFromZoom: 17,
    widths: [
      [14, 0.5],
      [16, 2.5],
      [20, 18],
    ],
  },
  {
    name: "minor",
    fromZoom: 11.5,
    namedFromZoom: 15,
    widths: [
      [11.5, 0.5],
      [14, 2],
      [16, 5.5],
      [20, 34],
    ],
  },
  {
    name: "medium",
    fromZoom: 10,
    namedFromZoom: 14,
    widths: [
      [10, 0.5],
      [14, 3.5],
      [16, 7.5],
      [20, 42],
    ],
  },
  {
    name: "major",
    fromZoom: 6,
    namedFromZoom: 13,
    widths: [
      [6, 0.5],
      [10, 1.5],
      [14, 5],
      [16, 9.5],
      [20, 52],
    ],
  },
];
const FONT = ["system-ui"];

/** Which kind of street a road of the operator's tiles is drawn as: the names are those of Protomaps' base map. */
const KIND_OF_ROAD: ExpressionSpecification = [
  "match",
  ["get", "kind"],
  ["highway"],
  "major",
  ["major_road"],
  ["match", ["get", "kind_detail"], ["tertiary", "tertiary_link"], "medium", "major"],
  ["medium_road"],
  "medium",
  ["minor_road"],
  ["match", ["get", "kind_detail"], ["service"], "service", "minor"],
  ["rail"],
  "rail",
  "path",
];

/** Where streets are read from. */
interface Streets {
  readonly source: string;
  readonly layer?: string;
  readonly kind: ExpressionSpecification;
}

/** Return the base map's style in a theme, or where the operator's own is. */
export function styleOf(theme: ShownTheme, settings: BaseMapSettings | null): StyleSpecification | string {
  const styleUrl = settings?.map.style_url ?? null;
  if (styleUrl !== null) return styleUrl;
  const tiles = settings?.map.tiles ?? null;
  return tiles === null ? bundledStyle(BASE_COLOURS[theme]) : tiledStyle(BASE_COLOURS[theme], tiles);
}

function bundledStyle(colours: BaseColours): StyleSpecification {
  const streets: Streets = { source: "streets", kind: ["get", "class"] };
  return {
    version: 8,
    sources: {
      world: { type: "geojson", data: `topojson://${worldUrl}` },
      streets: { type: "geojson", data: streetsUrl, attribution: OSM, tolerance: 0.2 },
    },
    layers: [...worldLayers(colours), ...streetLayers(colours, streets), ...streetNames(colours, streets)],
  };
}

function tiledStyle(colours: BaseColours, tiles: string): StyleSpecification {
  const streets: Streets = { source: "tiles", layer: "roads", kind: KIND_OF_ROAD };
  return {
    version: 8,
    sources: {
      world: { type: "geojson", data: `topojson://${worldUrl}` },
      tiles: { type: "vector", url: `pmtiles://${tiles}` },
    },
    layers: [
      ...worldLayers(colours),
      ...groundLayers(colours),
      ...streetLayers(colours, streets),
      ...streetNames(colours, streets),
      ...placeNames(colours),
    ],
  };
}

/** The world's outline is coarse: nearer than a region nothing is sea, so that no port's vans drive in the water. */
function worldLayers(colours: BaseColours): LayerSpecification[] {
  const sea: ExpressionSpecification = ["interpolate", ["linear"], ["zoom"], 6, colours.water, 8, colours.land];
  const nearby: ExpressionSpecification = ["interpolate", ["linear"], ["zoom"], 6, 1, 8, 0];
  return [
    { id: "background", type: "background", paint: { "background-color": sea } },
    {
      id: "world-land",
      type: "fill",
      source: "world",
      maxzoom: 8,
      filter: ["==", ["get", "kind"], "land"],
      paint: { "fill-color": colours.land, "fill-antialias": true },
    },
    {
      id: "world-borders",
      type: "line",
      source: "world",
      maxzoom: 8,
      filter: ["==", ["get", "kind"], "border"],
      paint: { "line-color": colours.border, "line-width": 1, "line-opacity": nearby },
    },
  ];
}

function groundLayers(colours: BaseColours): LayerSpecification[] {
  const green = ["park", "forest", "wood", "grass", "grassland", "meadow", "cemetery", "nature_reserve", "golf_course"];
  const built = ["industrial", "commercial", "railway", "aerodrome", "hospital", "school", "university"];
  return [
    { ...ground("earth", colours.land), filter: ["==", ["geometry-type"], "Polygon"] },
    { ...ground("landuse", colours.green), id: "tiles-green", filter: ["in", ["get", "kind"], ["literal", green]] },
    { ...ground("landuse", colours.built), id: "tiles-built", filter: ["in", ["get", "kind"], ["literal", built]] },
    { ...ground("water", colours.water), filter: ["==", ["geometry-type"], "Polygon"] },
    {
      id: "tiles-rivers",
      type: "line",
      source: "tiles",
      "source-layer": "water",
      minzoom: 9,
      filter: ["==", ["geometry-type"], "LineString"],
      paint: {
        "line-color": colours.water,
        "line-width": widths([
          [9, 0.5],
          [18, 8],
        ]),
      },
    },
    { ...ground("buildings", colours.building), minzoom: 14 },
    {
      id: "tiles-boundaries",
      type: "line",
      source: "tiles",
      "source-layer": "boundaries",
      paint: { "line-color": colours.border, "line-width": 1, "line-dasharray": [4, 2] },
    },
  ];
}

function ground(layer: string, colour: string) {
  return {
    id: `tiles-${layer}`,
    type: "fill" as const,
    source: "tiles",
    "source-layer": layer,
    paint: { "fill-color": colour },
  };
}

function streetLayers(colours: BaseColours, streets: Streets): LayerSpecification[] {
  return [
    line(streets, "path", 15, {
      "line-color": colours.path,
      "line-width": widths([
        [15, 1],
        [20, 5],
      ]),
    }),
    line(streets, "rail", 12, {
      "line-color": colours.rail,
      "line-width": widths([
        [12, 0.5],
        [16, 1.5],
        [20, 4],
      ]),
    }),
    ...STREET_KINDS.map((kind) => edge(colours, streets, kind)),
    ...STREET_KINDS.map((kind) => surface(colours, streets, kind)),
  ];
}

function edge(colours: BaseColours, streets: Streets, kind: StreetKind): LayerSpecification {
  const wider = kind.widths.map(([zoom, px]) => [zoom, px + Math.min(2, px)] as const);
  const layer = line(streets, kind.name, kind.fromZoom, {
    "line-color": colours.streetEdge,
    "line-width": widths(wider),
  });
  return { ...layer, id: `${layer.id}-edge` };
}

function surface(colours: BaseColours, streets: Streets, kind: StreetKind): LayerSpecification {
  const isMain = kind.name === "major" || kind.name === "medium";
  return line(streets, kind.name, kind.fromZoom, {
    "line-color": isMain ? colours.mainStreet : colours.street,
    "line-width": widths(kind.widths),
  });
}

function line(streets: Streets, kind: string, minzoom: number, paint: object): LayerSpecification {
  return {
    id: `${streets.source}-${kind}`,
    type: "line",
    source: streets.source,
    ...sourceLayer(streets),
    minzoom,
    filter: ["==", streets.kind, kind],
    layout: { "line-cap": "round", "line-join": "round" },
    paint,
  };
}

function streetNames(colours: BaseColours, streets: Streets): LayerSpecification[] {
  return STREET_KINDS.map((kind) => ({
    id: `${streets.source}-${kind.name}-names`,
    type: "symbol",
    source: streets.source,
    ...sourceLayer(streets),
    minzoom: kind.namedFromZoom,
    filter: ["all", ["==", streets.kind, kind.name], ["has", "name"]],
    layout: {
      "symbol-placement": "line",
      "symbol-spacing": 200,
      "text-field": ["get", "name"],
      "text-font": FONT,
      "text-size": widths([
        [13, 10.5],
        [18, 14],
      ]),
      "text-padding": 8,
    },
    paint: { "text-color": colours.text, "text-halo-color": colours.halo, "text-halo-width": 1.5 },
  }));
}

function placeNames(colours: BaseColours): LayerSpecification[] {
  const size: ExpressionSpecification = ["match", ["get", "kind"], "country", 14, "region", 12, "locality", 13, 11];
  return [
    {
      id: "tiles-places",
      type: "symbol",
      source: "tiles",
      "source-layer": "places",
      layout: {
        "symbol-sort-key": ["-", ["coalesce", ["get", "population_rank"], 0]],
        "text-field": ["get", "name"],
        "text-font": FONT,
        "text-size": size,
        "text-max-width": 8,
        "text-padding": 6,
      },
      paint: { "text-color": colours.text, "text-halo-color": colours.halo, "text-halo-width": 1.5 },
    },
  ];
}

function sourceLayer(streets: Streets) {
  return streets.layer === undefined ? {} : { "source-layer": streets.layer };
}

/** Twice as wide with each zoom, like the ground itself, between the widths given. */
function widths(stops: readonly (readonly [zoom: number, px: number])[]): ExpressionSpecification {
  return ["interpolate", ["exponential", 2], ["zoom"], ...stops.flat()] as ExpressionSpecification;
}
