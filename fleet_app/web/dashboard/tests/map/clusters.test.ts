import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arcsOf, shortCount } from "../../src/map/cluster_layer";
import { areMany, canCluster, clustersOf, countIn } from "../../src/map/clusters";
import { SHOWN_STATES } from "../../src/vehicles/shown_state";
import { vehicleOf } from "./vehicles";

const anyVehicles = fc
  .array(
    fc.record({
      lat: fc.double({ min: -80, max: 80, noNaN: true }),
      lon: fc.double({ min: -180, max: 180, noNaN: true }),
      state: fc.constantFrom("moving", "halt", "idle", "offline", null),
    }),
    { maxLength: 60 },
  )
  .map((places) => places.map((place, index) => vehicleOf(`v${index}`, place)));

describe("clusters", () => {
  test("take together what is close, and leave the rest alone", () => {
    const close = ["a", "b", "c"].map((id, index) => vehicleOf(id, { lat: 52.5, lon: 13.4 + index / 1_000 }));
    const { clusters, members } = clustersOf([...close, vehicleOf("far", { lat: 48 })], 8);

    expect(clusters.map(({ count }) => count)).toEqual([3]);
    expect([...members].sort()).toEqual(["a", "b", "c"]);
  });

  test("count every vehicle once, as itself or in one cluster, and by its state", () => {
    fc.assert(
      fc.property(anyVehicles, fc.double({ min: 0, max: 11, noNaN: true }), (vehicles, zoom) => {
        const { clusters, members } = clustersOf(vehicles, zoom);
        const counted = clusters.reduce((sum, { count }) => sum + count, 0);
        const byState = clusters.flatMap(({ counts }) => SHOWN_STATES.map((state) => counts[state]));

        expect(counted).toBe(members.size);
        expect(byState.reduce((sum, count) => sum + count, 0)).toBe(members.size);
      }),
    );
  });

  test("tell the box that shows all of what they hold", () => {
    const { clusters } = clustersOf([vehicleOf("a", { lat: 52.5 }), vehicleOf("b", { lat: 52.51, lon: 13.42 })], 8);

    expect(clusters[0]?.box).toEqual({ west: 13.4, south: 52.5, east: 13.42, north: 52.51 });
  });

  test("are drawn from afar, where there are many", () => {
    expect([canCluster(6), canCluster(11)]).toEqual([true, false]);
    expect([areMany(300), areMany(301)]).toEqual([false, true]);
  });
});

test("vehicles in view are counted over the antimeridian as well", () => {
  const vehicles = [vehicleOf("a", { lon: 179 }), vehicleOf("b", { lon: -179 }), vehicleOf("c", { lon: 0 })];

  expect(countIn(vehicles, { west: 170, south: 50, east: 190, north: 55 })).toBe(2);
});

test("a ring's parts go once around", () => {
  const none = { moving: 0, idle: 0, idle_probable: 0, halt: 0, stop: 0, offline: 0, unknown: 0 };
  const arcs = arcsOf({ count: 4, counts: { ...none, moving: 3, offline: 1 } });

  expect(arcs.map(({ state }) => state)).toEqual(["moving", "offline"]);
  expect(arcs[0]?.to).toBeCloseTo(Math.PI, 9);
  expect((arcs[1]?.to ?? 0) - (arcs[0]?.from ?? 0)).toBeCloseTo(2 * Math.PI, 9);
});

test.each([
  [7, "7"],
  [999, "999"],
  [1_000, "1.0k"],
  [9_949, "9.9k"],
  [9_950, "10k"],
  [12_345, "12k"],
])("%d vehicles fit into a ring as %s", (count, expected) => {
  expect(shortCount(count)).toBe(expected);
});
