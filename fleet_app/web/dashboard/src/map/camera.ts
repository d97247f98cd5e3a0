/** Where the map looks: kept in the page's address, at the fleet at first, and with the selected vehicle. */

import { effect } from "@preact/signals";
import type { LngLatLike, Map as MapLibreMap } from "maplibre-gl";
import { look, query, route } from "../app/route";
import { selectedId } from "../app/state";
import { isFollowing } from "../vehicles/view";
import type { Box } from "./clusters";

export interface At {
  readonly lat: number;
  readonly lon: number;
  readonly zoom: number;
}

const WRITE_AFTER_MS = 300;
const HIGHEST_LAT = 85.06;
const HIGHEST_ZOOM = 24;
/** A fleet that stands in one yard is not looked at through a magnifying glass. */
const CLOSEST_FIT_ZOOM = 14.5;
const FIT_PADDING_PX = 48;
/** A vehicle that is looked for is shown with the streets around it. */
export const VEHICLE_ZOOM = 14;
/** A followed vehicle moves freely in this share of the view around its middle. */
const FREE_SHARE = 0.5;
const CARD = ".live__selection > *";
/** A card that is at least this wide, by the map's width, leaves nothing to look at beside it. */
const SPREAD_SHARE = 0.8;

/** Return the place that `52.43,13.53,12.5` names; null if it names none. */
export function atOf(text: string | null): At | null {
  const parts = (text ?? "").split(",");
  const [lat, lon, zoom] = parts.map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (parts.length !== 3 || lat === undefined || lon === undefined || zoom === undefined) return null;
  const isPlace = Math.abs(lat) <= HIGHEST_LAT && Math.abs(lon) <= 180 && zoom >= 0 && zoom <= HIGHEST_ZOOM;
  return isPlace ? { lat, lon, zoom } : null;
}

/** Return a place as `52.43,13.53,12.5`: to a metre, and not more digits than that. */
export function textOf({ lat, lon, zoom }: At): string {
  const wrapped = ((((lon + 180) % 360) + 360) % 360) - 180;
  return [lat.toFixed(5), wrapped.toFixed(5), zoom.toFixed(2)].map(Number).join(",");
}

/** Return the smallest box around places; null without any. */
export function boxAround(places: Iterable<{ readonly lat: number; readonly lon: number }>): Box | null {
  let [west, south, east, north] = [180, 90, -180, -90];
  for (const { lat, lon } of places) {
    [west, east] = [Math.min(west, lon), Math.max(east, lon)];
    [south, north] = [Math.min(south, lat), Math.max(north, lat)];
  }
  return west > east ? null : { west, south, east, north };
}

/** Return whether a point is in the middle part of a view, where a followed vehicle needs no move of the map. */
export function isFree(point: Point, width: number, height: number): boolean {
  const [free, half] = [FREE_SHARE / 2, 0.5];
  return Math.abs(point.x / width - half) <= free && Math.abs(point.y / height - half) <= free;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Keep where the map looks in the page's address, until the returned function is called. */
export function keepInAddress(map: MapLibreMap): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let known = query.peek().get("at");
  const write = () => {
    timer = null;
    if (route.peek().page !== "live") return;
    const search = new URLSearchParams(query.peek());
    const { lat, lng } = map.getCenter();
    const at = textOf({ lat, lon: lng, zoom: map.getZoom() });
    if (at === known) return;
    known = at;
    search.set("at", at);
    look(search);
  };
  const onMoved = () => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(write, WRITE_AFTER_MS);
  };
  map.on("moveend", onMoved);
  const endReading = effect(() => {
    const text = query.value.get("at");
    // Only what others have written: back and forward in the browser's history, a link.
    if (text === known) return;
    known = text;
    const at = atOf(text);
    if (at !== null) map.jumpTo({ center: [at.lon, at.lat], zoom: at.zoom });
  });
  return () => {
    if (timer !== null) clearTimeout(timer);
    map.off("moveend", onMoved);
    endReading();
  };
}

/** Look at a box, with room around it. */
export function lookAt(map: MapLibreMap, { west, south, east, north }: Box, maxZoom = CLOSEST_FIT_ZOOM): void {
  map.fitBounds([west, south, east, north], { padding: FIT_PADDING_PX, maxZoom, ...withMotion() });
}

/**
 * Bring the selected vehicle into view when it is selected, and keep it there while it is followed; a user who moves
 * the map ends that. `placeOf` tells where it is drawn now, null if it is not known.
 */
export function keepInView(map: MapLibreMap, placeOf: (vehicleId: string) => LngLatLike | null): Following {
  const stop = () => {
    isFollowing.value = false;
  };
  const stopByKeys = ({ originalEvent }: { readonly originalEvent?: unknown }) => {
    if (originalEvent instanceof KeyboardEvent && originalEvent.key.startsWith("Arrow")) stop();
  };
  map.on("dragstart", stop);
  map.on("movestart", stopByKeys);
  const follow = () => {
    const id = selectedId.peek();
    if (id === null || !isFollowing.peek() || map.isMoving()) return;
    const place = placeOf(id);
    if (place !== null && !isInside(map, place)) map.easeTo({ center: place, ...inTheOpen(map), ...withMotion() });
  };
  const endShowing = effect(() => {
    const id = selectedId.value;
    if (id === null || !isFollowing.value) return;
    const place = placeOf(id);
    if (place === null || (isInside(map, place) && map.getZoom() >= VEHICLE_ZOOM)) return;
    const zoom = Math.max(map.getZoom(), VEHICLE_ZOOM);
    map.easeTo({ center: place, zoom, ...inTheOpen(map), ...withMotion() });
  });
  return {
    follow,
    end: () => {
      map.off("dragstart", stop);
      map.off("movestart", stopByKeys);
      endShowing();
    },
  };
}

export interface Following {
  /** To be called whenever the followed vehicle may have moved out of view. */
  readonly follow: () => void;
  readonly end: () => void;
}

function isInside(map: MapLibreMap, place: LngLatLike): boolean {
  const { clientWidth, clientHeight } = map.getContainer();
  return isFree(map.project(place), clientWidth, clientHeight - coveredPx(map));
}

/** Return how to go to a place so that it comes to the middle of what can be seen of the map. */
function inTheOpen(map: MapLibreMap): { readonly offset: [number, number] } {
  return { offset: [0, -coveredPx(map) / 2] };
}

/** Return how much of the map lies, from below, under the selected vehicle's card: on phones that is as wide as it. */
function coveredPx(map: MapLibreMap): number {
  const shown = map.getContainer().getBoundingClientRect();
  const card = document.querySelector(CARD)?.getBoundingClientRect();
  if (card === undefined || card.width < shown.width * SPREAD_SHARE) return 0;
  return Math.min(shown.height, Math.max(0, shown.bottom - card.top));
}

/** MapLibre leaves out animations that are not `essential` where the user wants less motion. */
function withMotion(): { readonly duration: number; readonly essential: false } {
  return { duration: 600, essential: false };
}
