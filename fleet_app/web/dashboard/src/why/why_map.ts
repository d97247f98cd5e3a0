/** Sent and accepted positions as shapes for a map. Pure. */

import type { Feature, FeatureCollection, LineString, Point } from "geojson";
import type { Place, Quality, RefusedPlace } from "../api/vehicles";
import { wordsOf } from "./reasons";

export const SHOWN = ["both", "accepted", "sent"] as const;
/** What is drawn: `sent` joins all positions in the order of their times, refused ones too. */
export type Shown = (typeof SHOWN)[number];

/** South-west and north-east, longitude first; the east may lie beyond 180. */
export type Bounds = readonly [readonly [number, number], readonly [number, number]];

const SILENCE_MS = 300_000;
const SILENT_INTERVALS = 5;

/** Return after how long without a position the way is not known: by then, the worker calls a vehicle offline. */
export function silenceMs(intervalS: number | null): number {
  return Math.max(SILENCE_MS, SILENT_INTERVALS * (intervalS ?? 0) * 1_000);
}

/** Return the ways that what is shown is joined to; across a silence of `longestStepMs`, none is drawn. */
export function waysOf(quality: Quality, shown: Shown, longestStepMs: number): FeatureCollection<LineString> {
  const places = shown === "sent" ? allInOrder(quality) : quality.accepted.items;
  const ways = partsOf(places, longestStepMs).map(unwrapped);
  return collection(ways.map((coordinates) => feature({ type: "LineString", coordinates })));
}

/** Return the accepted fixes. */
export function dotsOf(quality: Quality): FeatureCollection<Point> {
  return collection(quality.accepted.items.map((place) => feature(pointOf(place))));
}

/** Return the refused positions where they claimed to be, with the reason's name and their place in the answer. */
export function crossesOf(quality: Quality, shown: Shown): FeatureCollection<Point> {
  const refused = shown === "accepted" ? [] : quality.refused.items;
  return collection(
    refused.map((place, index) => feature(pointOf(place), { index, label: wordsOf(place.reason).name })),
  );
}

/** Return what holds all places, the short way around the world; null for none. */
export function boundsOf(places: readonly Place[]): Bounds | null {
  const first = places[0];
  if (first === undefined) return null;
  const lats = places.map(({ lat }) => lat);
  const lons = unwrapped(places).map(([lon = 0]) => lon);
  const [west, east] = [lowest(lons), highest(lons)];
  return [
    [west, lowest(lats)],
    [east, highest(lats)],
  ];
}

/** Return the places that say most of where a vehicle was: the accepted ones, or what there is if there are none. */
export function placesToLookAt({ accepted, refused }: Quality): readonly Place[] {
  return accepted.items.length > 0 ? accepted.items : refused.items;
}

/** Return what was sent, in the order of the devices' times. */
export function allInOrder({ accepted, refused }: Quality): readonly Place[] {
  return [...accepted.items, ...refused.items].sort((a, b) => a.time_ms - b.time_ms);
}

/** Return refused positions, what came in last first, with their place in the answer. */
export function newestFirst(
  refused: readonly RefusedPlace[],
): readonly { readonly index: number; readonly place: RefusedPlace }[] {
  return refused
    .map((place, index) => ({ index, place }))
    .sort((a, b) => b.place.received_ms - a.place.received_ms || b.index - a.index);
}

/** Parts of a way without a silence in between, each of two places at least. */
function partsOf(places: readonly Place[], longestStepMs: number): Place[][] {
  const parts: Place[][] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (const place of places) {
    const part = parts.at(-1);
    if (part === undefined || place.time_ms - before > longestStepMs) parts.push([place]);
    else part.push(place);
    before = place.time_ms;
  }
  return parts.filter((part) => part.length > 1);
}

/** Longitudes and latitudes in which no step is longer than half around the world: across 180, they count on. */
function unwrapped(places: readonly Place[]): number[][] {
  let last = places[0]?.lon ?? 0;
  return places.map(({ lat, lon }) => {
    last = lon + 360 * Math.round((last - lon) / 360);
    return [last, lat];
  });
}

function pointOf({ lat, lon }: Place): Point {
  return { type: "Point", coordinates: [lon, lat] };
}

function feature<G extends LineString | Point>(geometry: G, properties: Record<string, unknown> = {}): Feature<G> {
  return { type: "Feature", geometry, properties };
}

function collection<G extends LineString | Point>(features: Feature<G>[]): FeatureCollection<G> {
  return { type: "FeatureCollection", features };
}

// Not `Math.min(...values)`: it takes a few thousand arguments at most, and how many is the browser's affair.
function lowest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

function highest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}
