/** Vehicles and frames to test the map with. */

import { type Changes, Fleet, type Vehicle } from "../../src/feed/fleet";
import type { Seen } from "../../src/feed/frame";

export const START_MS = 1_800_000_000_000;

export function vehicleOf(id: string, more: Partial<Seen> = {}): Vehicle {
  return {
    number: BigInt(`0x${Buffer.from(id).toString("hex")}`),
    timeMs: START_MS,
    lat: 52.5,
    lon: 13.4,
    speedMps: 10,
    speedSource: "device",
    headingDeg: 90,
    state: "moving",
    isProvisional: false,
    ignition: true,
    ...more,
    names: { vehicleId: id, tenant: "acme", name: null, plate: null, driver: null, group: null, tags: [] },
  };
}

export function changed(...vehicles: Vehicle[]): Changes {
  return { isReset: false, gone: [], changed: vehicles };
}

/** Return what a fleet's listeners are told when it hears of some vehicles. */
export function toldOf(...vehicles: Vehicle[]): readonly Changes[] {
  const fleet = new Fleet();
  const told: Changes[] = [];
  fleet.listen((changes) => told.push(changes));
  const names = new Map(vehicles.map((vehicle) => [vehicle.number, vehicle.names]));
  fleet.apply({ kind: "reset", timeMs: START_MS, behindMs: 0, token: "", gone: [], seen: vehicles, names });
  return told;
}
