/** Vehicles for tests. */

import fc from "fast-check";
import type { Vehicle } from "../../src/feed/fleet";
import { type Names, STATES } from "../../src/feed/frame";

let numbers = 0n;

export function named(names: Partial<Names>): Names {
  const known = { vehicleId: "van-1", tenant: "default", name: null, plate: null, driver: null, group: null, tags: [] };
  return { ...known, ...names };
}

/** Return a vehicle of which only what matters to a test is said. */
export function made(told: Partial<Vehicle> & { readonly called?: Partial<Names> } = {}): Vehicle {
  const { called = {}, ...seen } = told;
  numbers += 1n;
  return {
    number: numbers,
    timeMs: 1_800_000_000_000,
    lat: 52.43,
    lon: 13.53,
    speedMps: 10,
    speedSource: "device",
    headingDeg: 90,
    state: "moving",
    isProvisional: false,
    ignition: null,
    names: named(called),
    ...seen,
  };
}

/** Fleets in which every id is there once, and much is not known. */
export const fleets = fc.uniqueArray(
  fc
    .record({
      vehicleId: fc.string({ minLength: 1, maxLength: 4 }),
      name: fc.option(fc.constantFrom("Van 1", "van 1", "Van 10", "Van 9")),
      group: fc.option(fc.constantFrom("north", "south")),
      tags: fc.subarray(["cold", "big"]),
      speedMps: fc.option(fc.integer({ min: 0, max: 3 })),
      headingDeg: fc.option(fc.integer({ min: 0, max: 359 })),
      timeMs: fc.integer({ min: 0, max: 3 }),
      state: fc.option(fc.constantFrom(...STATES)),
      ignition: fc.option(fc.boolean()),
    })
    .map(({ vehicleId, name, group, tags, ...seen }) => made({ ...seen, called: { vehicleId, name, group, tags } })),
  { selector: (vehicle) => vehicle.names.vehicleId, maxLength: 40 },
);
