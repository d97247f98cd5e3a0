/** Between a place as the form has it and the outline that is drawn and dragged on the map. */

import type { Position } from "../api/geofences";
import type { CirclePlace, Place } from "./draft";
import { circleRing, distanceM } from "./shapes";

/** What a hand did to an outline: drew it, moved it as a whole, or dragged its edge or corners. */
export type Deed = "drawn" | "moved" | "reshaped";

/** Of a circle that is adjusted: each is a handle, so few enough to be told apart, and enough to look round. */
export const HANDLES = 32;
/** The drawing takes no more; the ninth is a tenth of a millimetre. */
const DIGITS = 9;

/** Return the outline to draw of a place, closed. */
export function outlineOf(place: Place): Position[] {
  const ring: readonly Position[] =
    place.kind === "circle"
      ? circleRing({ type: "circle", lat: place.lat, lon: place.lon, radius_m: place.radiusM }, HANDLES)
      : [...place.corners, ...place.corners.slice(0, 1)].map(({ lat, lon }): Position => [lon, lat]);
  return ring.map(([lon, lat]): Position => [rounded(lon), rounded(lat)]);
}

/** Return the place of an outline that a hand has changed. What it did not touch stays as exact as it was. */
export function placeOf(outline: readonly Position[], before: Place, deed: Deed): Place {
  if (before.kind === "circle") return circleOf(outline, before, deed);
  return { ...before, corners: outline.slice(0, -1).map(([lon, lat]) => ({ lat, lon })) };
}

function circleOf(outline: readonly Position[], before: CirclePlace, deed: Deed): CirclePlace {
  const corners = outline.slice(0, -1);
  const lats = corners.map(([, lat]) => lat);
  const lons = corners.map(([lon]) => lon);
  const lat = rounded((Math.min(...lats) + Math.max(...lats)) / 2);
  const lon = rounded((Math.min(...lons) + Math.max(...lons)) / 2);
  if (deed === "moved") return { ...before, lat, lon };
  const radiusM = distanceM([lon, Math.min(...lats)], [lon, Math.max(...lats)]) / 2;
  // Nobody draws to the centimetre, and a round number is kept for what was typed.
  const drawnM = Math.round(radiusM * 10) / 10;
  return deed === "reshaped" ? { ...before, radiusM: drawnM } : { kind: "circle", lat, lon, radiusM: drawnM };
}

function rounded(degrees: number): number {
  return Number(degrees.toFixed(DIGITS));
}
