import { expect, test } from "vitest";
import type { Geofence } from "../../src/api/geofences";
import { found } from "../../src/geofences/found";

function named(name: string, ...tags: readonly string[]): Geofence {
  return { geofence_id: name, name, tags, shape: { type: "circle", lat: 52, lon: 13, radius_m: 80 }, revision: 1 };
}

const ALL = [named("Yard 10"), named("Depot Süd", "cold"), named("Yard 9", "Cold store")];

test.each([
  ["", ["Depot Süd", "Yard 9", "Yard 10"]],
  [" yard ", ["Yard 9", "Yard 10"]],
  ["sud", ["Depot Süd"]],
  ["COLD", ["Depot Süd", "Yard 9"]],
  ["harbour", []],
])("%j finds %j", (text, names) => {
  expect(found(ALL, text).map(({ name }) => name)).toEqual(names);
});
