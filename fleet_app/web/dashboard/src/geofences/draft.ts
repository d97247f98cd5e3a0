/**
 * A geofence while somebody makes or changes it: what the form and the map hold before it is saved.
 *
 * Numbers that were typed and cannot be read are NaN, limits that are not set are null. A draft of a geofence that was
 * not touched is sent as the geofence was: nothing is rounded on its way through the form.
 */

import type { Geofence, GeofenceBody, Hours, Position, Shape } from "../api/geofences";

export interface Corner {
  readonly lat: number;
  readonly lon: number;
}

export interface CirclePlace extends Corner {
  readonly kind: "circle";
  readonly radiusM: number;
}

export interface PolygonPlace {
  readonly kind: "polygon";
  /** In order, the first one not again at the end. */
  readonly corners: readonly Corner[];
  /** As they came: they are kept, and not drawn here. */
  readonly holes: readonly (readonly Position[])[];
}

export type Place = CirclePlace | PolygonPlace;

export interface Facts {
  readonly name: string;
  readonly tags: readonly string[];
  /** Empty for what the worker takes for it: the caller's own, or `default`. */
  readonly tenant: string;
  readonly speedLimitMps: number | null;
  readonly dwellLimitS: number | null;
  readonly stopAfterS: number | null;
  readonly isExempt: boolean;
  readonly schedule: readonly Hours[];
}

export interface Draft {
  /** Null for one that is not made yet. */
  readonly geofenceId: string | null;
  /** The revision that was seen; 0 if there is none. */
  readonly revision: number;
  readonly place: Place;
  readonly facts: Facts;
}

/** What can be wrong before anything is sent; the worker checks these again, and much more. */
export type Fault =
  | "nameMissing"
  | "nameTooLong"
  | "tagsTooMany"
  | "tagTooLong"
  | "tenantTooLong"
  | "latOutside"
  | "lonOutside"
  | "radiusOutside"
  | "cornersTooFew"
  | "cornersTooMany"
  | "cornerOutside"
  | "speedOutside"
  | "dwellOutside"
  | "stopAfterOutside"
  | "hoursWithoutDay"
  | "hoursWithoutTime";

/** What a fault, or a problem that the worker tells, is about. */
export type Field =
  | "name"
  | "tags"
  | "tenant"
  | "lat"
  | "lon"
  | "radius"
  | "corners"
  | "speedLimit"
  | "dwellLimit"
  | "stopAfter"
  | "schedule";

export const MIN_RADIUS_M = 5;
export const MAX_RADIUS_M = 100_000;
/** The worker takes none nearer to a pole. */
export const MAX_LAT = 85;
const MIN_CORNERS = 3;
const MAX_POINTS = 2_000;
const MAX_NAME = 200;
const MAX_TAGS = 32;
const MAX_TAG = 64;
const MAX_SPEED_MPS = 150;
const MAX_DWELL_S = 2_592_000;
const CLOCK = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/;
const [MIN_STOP_AFTER_S, MAX_STOP_AFTER_S] = [30, 120];

export const EMPTY_CIRCLE: CirclePlace = { kind: "circle", lat: Number.NaN, lon: Number.NaN, radiusM: 100 };
export const EMPTY_POLYGON: PolygonPlace = { kind: "polygon", corners: [], holes: [] };

const NO_FACTS: Facts = {
  name: "",
  tags: [],
  tenant: "",
  speedLimitMps: null,
  dwellLimitS: null,
  stopAfterS: null,
  isExempt: false,
  schedule: [],
};

/** Return the draft of a geofence that is not there yet. */
export function newDraft(kind: Place["kind"]): Draft {
  const place = kind === "circle" ? EMPTY_CIRCLE : EMPTY_POLYGON;
  return { geofenceId: null, revision: 0, place, facts: NO_FACTS };
}

/** Return the draft of a geofence as it is. */
export function draftOf(geofence: Geofence): Draft {
  return {
    geofenceId: geofence.geofence_id,
    revision: geofence.revision,
    place: placeOf(geofence.shape),
    facts: {
      name: geofence.name,
      tags: geofence.tags ?? [],
      tenant: geofence.tenant ?? "",
      speedLimitMps: geofence.speed_limit_mps ?? null,
      dwellLimitS: geofence.dwell_limit_s ?? null,
      stopAfterS: geofence.stop_after_s ?? null,
      isExempt: geofence.is_exempt ?? false,
      schedule: geofence.schedule ?? [],
    },
  };
}

/** Return what to send of a draft without faults. What says nothing is left out. */
export function bodyOf({ place, facts }: Draft): GeofenceBody {
  return {
    name: facts.name.trim(),
    shape: shapeOf(place),
    ...(facts.tenant.trim() !== "" && { tenant: facts.tenant.trim() }),
    ...(facts.tags.length > 0 && { tags: facts.tags }),
    ...(facts.schedule.length > 0 && { schedule: facts.schedule }),
    ...(facts.speedLimitMps !== null && { speed_limit_mps: facts.speedLimitMps }),
    ...(facts.dwellLimitS !== null && { dwell_limit_s: facts.dwellLimitS }),
    ...(facts.stopAfterS !== null && { stop_after_s: facts.stopAfterS }),
    ...(facts.isExempt && { is_exempt: true }),
  };
}

/** Return what is wrong with a draft, by what it is about. */
export function faultsOf({ place, facts }: Draft): ReadonlyMap<Field, Fault> {
  return new Map([...placeFaults(place), ...factFaults(facts)]);
}

/** Whether a place is whole enough to be drawn and adjusted; until then its drawing goes on. */
export function isDrawable(place: Place): boolean {
  return placeFaults(place).next().done === true;
}

/** Add a corner behind the last one. */
export function withCorner(place: PolygonPlace, corner: Corner): PolygonPlace {
  return { ...place, corners: [...place.corners, corner] };
}

/** Put a corner in the place of another; one that there is not changes nothing. */
export function withCornerAt(place: PolygonPlace, index: number, corner: Corner): PolygonPlace {
  return { ...place, corners: place.corners.map((before, at) => (at === index ? corner : before)) };
}

/** Take a corner away; one that there is not changes nothing. */
export function withoutCorner(place: PolygonPlace, index: number): PolygonPlace {
  return { ...place, corners: place.corners.filter((_, at) => at !== index) };
}

/** Whether two places are the same, however they came about. */
export function isSamePlace(one: Place, other: Place): boolean {
  if (one.kind === "circle" && other.kind === "circle")
    return isSameCorner(one, other) && one.radiusM === other.radiusM;
  if (one.kind === "circle" || other.kind === "circle") return false;
  return (
    one.corners.length === other.corners.length &&
    one.corners.every((corner, at) => isSameCorner(corner, other.corners[at]))
  );
}

/** Return the shape of a place without faults. */
export function shapeOf(place: Place): Shape {
  if (place.kind === "circle") return { type: "circle", lat: place.lat, lon: place.lon, radius_m: place.radiusM };
  const outline = place.corners.map(({ lat, lon }): Position => [lon, lat]);
  return { type: "polygon", coordinates: [[...outline, ...outline.slice(0, 1)], ...place.holes] };
}

function placeOf(shape: Shape): Place {
  if (shape.type === "circle") return { kind: "circle", lat: shape.lat, lon: shape.lon, radiusM: shape.radius_m };
  const [outline = [], ...holes] = shape.coordinates;
  return { kind: "polygon", corners: outline.slice(0, -1).map(([lon, lat]) => ({ lat, lon })), holes };
}

function* placeFaults(place: Place): Generator<readonly [Field, Fault]> {
  if (place.kind === "circle") {
    if (!isLat(place.lat)) yield ["lat", "latOutside"];
    if (!isLon(place.lon)) yield ["lon", "lonOutside"];
    if (!isWithin(place.radiusM, MIN_RADIUS_M, MAX_RADIUS_M)) yield ["radius", "radiusOutside"];
    return;
  }
  const points = place.corners.length + 1 + place.holes.reduce((sum, hole) => sum + hole.length, 0);
  if (place.corners.length < MIN_CORNERS) yield ["corners", "cornersTooFew"];
  else if (points > MAX_POINTS) yield ["corners", "cornersTooMany"];
  else if (!place.corners.every(({ lat, lon }) => isLat(lat) && isLon(lon))) yield ["corners", "cornerOutside"];
}

function* factFaults(facts: Facts): Generator<readonly [Field, Fault]> {
  if (facts.name.trim() === "") yield ["name", "nameMissing"];
  if (lengthOf(facts.name.trim()) > MAX_NAME) yield ["name", "nameTooLong"];
  if (facts.tags.length > MAX_TAGS) yield ["tags", "tagsTooMany"];
  if (facts.tags.some((tag) => lengthOf(tag) > MAX_TAG)) yield ["tags", "tagTooLong"];
  if (lengthOf(facts.tenant.trim()) > MAX_TAG) yield ["tenant", "tenantTooLong"];
  if (!isLimit(facts.speedLimitMps, MAX_SPEED_MPS)) yield ["speedLimit", "speedOutside"];
  if (!isLimit(facts.dwellLimitS, MAX_DWELL_S)) yield ["dwellLimit", "dwellOutside"];
  if (facts.stopAfterS !== null && !isWithin(facts.stopAfterS, MIN_STOP_AFTER_S, MAX_STOP_AFTER_S)) {
    yield ["stopAfter", "stopAfterOutside"];
  }
  if (facts.schedule.some(({ days }) => days.length === 0)) yield ["schedule", "hoursWithoutDay"];
  if (!facts.schedule.every(({ start, end }) => CLOCK.test(start) && CLOCK.test(end)))
    yield ["schedule", "hoursWithoutTime"];
}

/** NaN is the same as NaN: both are a place that is not known. */
function isSameCorner(one: Corner, other: Corner | undefined): boolean {
  return other !== undefined && Object.is(one.lat, other.lat) && Object.is(one.lon, other.lon);
}

function isLat(degrees: number): boolean {
  return isWithin(degrees, -MAX_LAT, MAX_LAT);
}

function isLon(degrees: number): boolean {
  return isWithin(degrees, -180, 180);
}

function isWithin(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

function isLimit(value: number | null, most: number): boolean {
  return value === null || (value > 0 && value <= most);
}

/** The worker counts characters, not the halves that some of them are kept as. */
function lengthOf(text: string): number {
  return [...text].length;
}
