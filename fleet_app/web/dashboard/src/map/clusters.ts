/** Vehicles that are too close together to be told apart, taken together, with how many of each state there are. */

import type { Feature, Point } from "geojson";
import Supercluster from "supercluster";
import type { Vehicle } from "../feed/fleet";
import { SHOWN_STATES, type ShownState, stateOf } from "../vehicles/shown_state";

export interface Box {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

export interface Cluster {
  readonly lat: number;
  readonly lon: number;
  readonly count: number;
  readonly counts: Readonly<Record<ShownState, number>>;
  /** What one has to see to see all of them. */
  readonly box: Box;
}

export interface Clustering {
  readonly clusters: readonly Cluster[];
  /** The vehicles that are in one, by id: they are not drawn themselves. */
  readonly members: ReadonlySet<string>;
}

export const NO_CLUSTERS: Clustering = { clusters: [], members: new Set() };

/** From here on streets can be told apart, and every vehicle is drawn. */
const EVERY_VEHICLE_FROM_ZOOM = 11;
/** So many can be told apart at every zoom. */
const FEW = 300;
const RADIUS_PX = 56;

/** Return whether clusters are drawn at a zoom, if there are many vehicles in view. */
export function canCluster(zoom: number): boolean {
  return zoom < EVERY_VEHICLE_FROM_ZOOM;
}

export function areMany(inView: number): boolean {
  return inView > FEW;
}

/** Return the clusters at a zoom. A vehicle with none near it is in none. */
export function clustersOf(vehicles: Iterable<Vehicle>, zoom: number): Clustering {
  const level = Math.max(0, Math.floor(zoom));
  // One level is all that is looked at; the others would be worked out for nothing, once a second.
  const index = new Supercluster<Member, Counted>({
    minZoom: level,
    maxZoom: level,
    radius: RADIUS_PX,
    map: countedOf,
    reduce: add,
  });
  index.load(Array.from(vehicles, pointOf));
  const clusters: Cluster[] = [];
  const members = new Set<string>();
  for (const { geometry, properties } of index.getClusters([-180, -90, 180, 90], level)) {
    if (!("cluster" in properties)) continue;
    const [lon = 0, lat = 0] = geometry.coordinates;
    const { west, south, east, north } = properties;
    clusters.push({ lat, lon, count: properties.point_count, counts: properties, box: { west, south, east, north } });
    for (const leaf of index.getLeaves(properties.cluster_id, Number.POSITIVE_INFINITY))
      members.add(leaf.properties.id);
  }
  return { clusters, members };
}

/** Return how many of the vehicles are in a box; east of the antimeridian its longitudes may be beyond 180. */
export function countIn(vehicles: Iterable<Vehicle>, { west, south, east, north }: Box): number {
  let count = 0;
  for (const { lat, lon } of vehicles) {
    const eastward = (((lon - west) % 360) + 360) % 360;
    if (lat >= south && lat <= north && eastward <= east - west) count += 1;
  }
  return count;
}

interface Member {
  readonly id: string;
  readonly state: ShownState;
  readonly lat: number;
  readonly lon: number;
}

type Counted = Record<ShownState, number> & { west: number; south: number; east: number; north: number };

function pointOf(vehicle: Vehicle): Feature<Point, Member> {
  const { lat, lon } = vehicle;
  return {
    type: "Feature",
    geometry: { type: "Point", coordinates: [lon, lat] },
    properties: { id: vehicle.names.vehicleId, state: stateOf(vehicle), lat, lon },
  };
}

function countedOf({ state, lat, lon }: Member): Counted {
  const none = { moving: 0, idle: 0, idle_probable: 0, halt: 0, stop: 0, offline: 0, unknown: 0 };
  return { ...none, [state]: 1, west: lon, south: lat, east: lon, north: lat };
}

function add(all: Counted, some: Readonly<Counted>): void {
  for (const state of SHOWN_STATES) all[state] += some[state];
  all.west = Math.min(all.west, some.west);
  all.south = Math.min(all.south, some.south);
  all.east = Math.max(all.east, some.east);
  all.north = Math.max(all.north, some.north);
}
