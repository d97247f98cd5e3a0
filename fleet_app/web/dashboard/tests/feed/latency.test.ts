import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fleet } from "../../src/feed/fleet";
import type { Frame, Seen } from "../../src/feed/frame";
import { Latencies, Sliding } from "../../src/feed/latency";

const T = 1_800_000_000_000;
const MINUTE_MS = 60_000;

const VAN: Seen = {
  number: 1n,
  timeMs: T,
  lat: 52.5,
  lon: 13.4,
  speedMps: 10,
  speedSource: "device",
  headingDeg: 90,
  state: "moving",
  isProvisional: false,
  ignition: true,
};
const NAMES = { vehicleId: "van-1", tenant: "default", name: null, plate: null, driver: null, group: null, tags: [] };
const EMPTY: Frame = {
  kind: "delta",
  timeMs: T,
  behindMs: 0,
  token: "",
  gone: [],
  seen: [],
  names: new Map(),
};

function fleetOf(van: Seen): Fleet {
  const fleet = new Fleet();
  fleet.apply({ ...EMPTY, kind: "reset", seen: [van], names: new Map([[van.number, NAMES]]) });
  return fleet;
}

describe("durations of the last five minutes", () => {
  test("have no quantiles while there are none", () => {
    expect(new Sliding().quantiles(T)).toBeNull();
  });

  test("have quantiles within a bucket's width of the exact ones", () => {
    const durations = fc.array(fc.integer({ min: 1, max: 3_600_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(durations, (all) => {
        const sliding = new Sliding();
        for (const duration of all) sliding.add(duration, T);
        const sorted = all.toSorted((a, b) => a - b);
        const figures = sliding.quantiles(T);
        expect(figures?.count).toBe(all.length);
        expect(ratio(figures?.p50Ms, sorted[Math.ceil(all.length * 0.5) - 1])).toBeLessThan(1.05);
        expect(ratio(figures?.p99Ms, sorted[Math.ceil(all.length * 0.99) - 1])).toBeLessThan(1.05);
      }),
    );
  });

  test("are none where clocks differ and they seem to be less, and a day where they are more", () => {
    const sliding = new Sliding();
    sliding.add(-40, T);
    expect(sliding.quantiles(T)).toEqual({ count: 1, p50Ms: 0, p99Ms: 0 });

    sliding.add(1e15, T);
    expect(ratio(sliding.quantiles(T)?.p99Ms, 86_400_000)).toBeLessThan(1.05);
  });

  test("are forgotten after five minutes", () => {
    const sliding = new Sliding();
    sliding.add(100, T);
    sliding.add(900, T + 4 * MINUTE_MS);

    expect(sliding.quantiles(T + 4 * MINUTE_MS)?.count).toBe(2);
    expect(sliding.quantiles(T + 5 * MINUTE_MS)?.count).toBe(1);
    expect(sliding.quantiles(T + 9 * MINUTE_MS)).toBeNull();
  });

  test("do not come back when the time has gone round once", () => {
    const sliding = new Sliding();
    sliding.add(100, T);
    sliding.add(900, T + 5 * MINUTE_MS);

    expect(sliding.quantiles(T + 5 * MINUTE_MS)?.count).toBe(1);
  });
});

describe("latencies", () => {
  test("of frames are their way and what the worker was behind", () => {
    const latencies = new Latencies();
    latencies.hear({ ...EMPTY, kind: "heartbeat", behindMs: 80 }, new Fleet(), T + 20);

    expect(ratio(latencies.read(T).frameAge?.p50Ms, 100)).toBeLessThan(1.05);
  });

  test("of frames are not known while the worker knows nothing", () => {
    const latencies = new Latencies();
    latencies.hear({ ...EMPTY, kind: "heartbeat", behindMs: null }, new Fleet(), T);

    expect(latencies.read(T).frameAge).toBeNull();
  });

  test("of positions are from the device's time until the screen is drawn", () => {
    const latencies = new Latencies();
    latencies.hear({ ...EMPTY, seen: [{ ...VAN, timeMs: T + 1_000 }] }, fleetOf(VAN), T + 1_500);

    expect(latencies.read(T).fixToScreen).toBeNull();
    latencies.draw(T + 2_000);
    expect(latencies.read(T).fixToScreen?.count).toBe(1);
    expect(ratio(latencies.read(T).fixToScreen?.p50Ms, 1_000)).toBeLessThan(1.05);
  });

  test("of positions are measured once", () => {
    const latencies = new Latencies();
    latencies.hear({ ...EMPTY, seen: [{ ...VAN, timeMs: T + 1_000 }] }, fleetOf(VAN), T + 1_500);
    latencies.draw(T + 2_000);
    latencies.draw(T + 9_000);

    expect(latencies.read(T).fixToScreen?.count).toBe(1);
  });

  test("are not measured with snapshots, changes without a new position, or vehicles that come into view", () => {
    const latencies = new Latencies();
    const newer = { ...VAN, timeMs: T + 1_000 };
    latencies.hear({ ...EMPTY, kind: "reset", seen: [newer] }, fleetOf(VAN), T + 9_000);
    latencies.hear({ ...EMPTY, seen: [{ ...VAN, state: "offline" }] }, fleetOf(VAN), T + 9_000);
    latencies.hear({ ...EMPTY, seen: [{ ...newer, number: 2n }] }, fleetOf(VAN), T + 9_000);
    latencies.draw(T + 9_000);

    expect(latencies.read(T).fixToScreen).toBeNull();
  });

  test("are not measured while nobody looks", () => {
    const latencies = new Latencies();
    latencies.hear({ ...EMPTY, seen: [{ ...VAN, timeMs: T + 1_000 }] }, fleetOf(VAN), T + 1_500);
    latencies.passOver();
    latencies.draw(T + 60_000);

    expect(latencies.read(T).fixToScreen).toBeNull();
  });
});

/** How many times one is the other, whichever is larger. */
function ratio(one: number | undefined, other: number | undefined): number {
  const [a = Number.NaN, b = Number.NaN] = [one, other];
  return Math.max(a / b, b / a);
}
