import fc from "fast-check";
import { expect, test } from "vitest";
import { differences } from "../../src/geofences/differences";
import { geofences } from "./places";

test("a geofence does not differ from what was read of it again", () => {
  fc.assert(
    fc.property(geofences, (geofence) => {
      expect(differences(geofence, JSON.parse(JSON.stringify(geofence)))).toEqual([]);
    }),
  );
});

test("what was changed, added and taken away is told, and nothing else", () => {
  const one = { name: "Depot", shape: { type: "circle", lat: 52, lon: 13, radius_m: 80 }, tags: ["cold"] } as const;
  const other = {
    name: "Yard",
    shape: { type: "circle", lat: 52, lon: 13, radius_m: 80 },
    dwell_limit_s: 600,
  } as const;

  expect(differences(one, other)).toEqual(["name", "tags", "dwell_limit_s"]);
});
