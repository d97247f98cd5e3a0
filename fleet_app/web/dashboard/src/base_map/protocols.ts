/** What base maps are read by, beside plain HTTP: archives of tiles, and outlines that share their borders. */

import { addProtocol, type GetResourceResponse, type RequestParameters } from "maplibre-gl";
import { Protocol } from "pmtiles";
import { outlinesOf, type World } from "./outlines";

const TOPOJSON = "topojson://";

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
