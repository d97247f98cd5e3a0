/** What base maps are read by, beside plain HTTP: archives of tiles, and outlines that share their borders. */

import { addProtocol, type GetResourceResponse, type RequestParameters } from "maplibre-gl";
import { Protocol } from "pmtiles";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";

const TOPOJSON = "topojson://";

/** The world as world-atlas has it. */
type World = Topology<{ countries: GeometryCollection; land: GeometryCollection }>;

/** Teach MapLibre `pmtiles://` and `topojson://`, for all maps of the page. */
export function addProtocols(): void {
  const archives = new Protocol({ metadata: true });
  addProtocol("pmtiles", async (asked, abort) => withoutLayerList(await archives.tile(asked, abort)));
  addProtocol("topojson", outlines);
}

/** Return an archive's description without the list of its layers: those that it lacks are no error, only not drawn. */
export function withoutLayerList<T extends GetResourceResponse<unknown>>(answer: T): T {
  if (typeof answer.data !== "object" || answer.data === null || !("vector_layers" in answer.data)) return answer;
  const { vector_layers: _, ...data } = answer.data;
  return { ...answer, data };
}

async function outlines(asked: RequestParameters, abort: AbortController) {
  const answer = await fetch(asked.url.slice(TOPOJSON.length), { signal: abort.signal });
  if (!answer.ok) throw new Error(`${asked.url}: ${answer.status} ${answer.statusText}`);
  return { data: outlinesOf((await answer.json()) as World) };
}

/** Return the world's land as one feature, and as another the borders that two countries share. */
export function outlinesOf(world: World): GeoJSON.FeatureCollection {
  const { countries, land } = world.objects;
  const borders = mesh(world, countries, (one, other) => one !== other);
  return {
    type: "FeatureCollection",
    features: [
      ...feature(world, land).features.map((each) => ({ ...each, properties: { kind: "land" } })),
      { type: "Feature", properties: { kind: "border" }, geometry: borders },
    ],
  };
}
