import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Changes, Fleet } from "../../src/feed/fleet";
import type { Frame, Names, Seen } from "../../src/feed/frame";

const NAMES: Names = {
  vehicleId: "van-1",
  tenant: "default",
  name: "Van 1",
  plate: null,
  driver: null,
  group: null,
  tags: [],
};
const VAN: Seen = {
  number: 1n,
  timeMs: 1_800_000_000_000,
  lat: 52.5,
  lon: 13.4,
  speedMps: 10,
  speedSource: "device",
  headingDeg: 90,
  state: "moving",
  isProvisional: false,
  ignition: true,
};

function frame(told: Partial<Frame>): Frame {
  const empty = { timeMs: 0, behindMs: 0, token: "", gone: [], seen: [], names: new Map() };
  return { kind: "delta", ...empty, ...told };
}

function listening(fleet: Fleet): Changes[] {
  const heard: Changes[] = [];
  fleet.listen((changes) => heard.push(changes));
  return heard;
}

describe("the fleet", () => {
  test("knows a vehicle by the names that came with its first row", () => {
    const fleet = new Fleet();
    fleet.apply(frame({ kind: "reset", seen: [VAN], names: new Map([[1n, NAMES]]) }));
    fleet.apply(frame({ seen: [{ ...VAN, lat: 53 }] }));

    expect(fleet.vehicles.get("van-1")).toEqual({ ...VAN, lat: 53, names: NAMES });
    expect(fleet.numbered(1n)).toBe(fleet.vehicles.get("van-1"));
  });

  test("keeps all that is told of a vehicle", () => {
    const fleet = new Fleet();
    const details = {
      odometerM: 12_000,
      receivedMs: VAN.timeMs + 400,
      fixes: 7,
      accuracyM: 4.5,
      altitudeM: 34,
      tripId: "t1",
      geofenceIds: ["yard"],
    };
    fleet.apply(frame({ seen: [{ ...VAN, details }], names: new Map([[1n, NAMES]]) }));

    expect(fleet.vehicles.get("van-1")).toEqual({ ...VAN, details, names: NAMES });
  });

  test("takes new names in place of those before", () => {
    const fleet = new Fleet();
    const renamed = { ...NAMES, name: "Van one" };
    fleet.apply(frame({ kind: "reset", seen: [VAN], names: new Map([[1n, NAMES]]) }));
    fleet.apply(frame({ seen: [VAN], names: new Map([[1n, renamed]]) }));

    expect(fleet.vehicles.get("van-1")?.names).toBe(renamed);
  });

  test("passes over a vehicle that was never named", () => {
    const fleet = new Fleet();
    const heard = listening(fleet);
    fleet.apply(frame({ seen: [VAN] }));

    expect([fleet.vehicles.size, heard]).toEqual([0, []]);
  });

  test("forgets all before a snapshot's first rows, and tells so", () => {
    const fleet = new Fleet();
    fleet.apply(frame({ kind: "reset", seen: [VAN], names: new Map([[1n, NAMES]]) }));
    const heard = listening(fleet);
    const other = { ...NAMES, vehicleId: "van-2" };
    fleet.apply(frame({ kind: "reset", seen: [{ ...VAN, number: 2n }], names: new Map([[2n, other]]) }));

    expect([...fleet.vehicles.keys()]).toEqual(["van-2"]);
    expect(heard).toMatchObject([{ isReset: true, gone: [], changed: [{ names: { vehicleId: "van-2" } }] }]);
  });

  test("takes a vehicle off that is gone, and back where it comes with the same frame", () => {
    const fleet = new Fleet();
    fleet.apply(frame({ kind: "reset", seen: [VAN], names: new Map([[1n, NAMES]]) }));
    fleet.apply(frame({ gone: [1n, 9n] }));
    expect(fleet.vehicles.size).toBe(0);

    fleet.apply(frame({ gone: [1n], seen: [VAN], names: new Map([[1n, NAMES]]) }));
    expect(fleet.vehicles.size).toBe(1);
  });

  test("tells nothing of a frame without changes, nor to those who no longer listen", () => {
    const fleet = new Fleet();
    const heard: Changes[] = [];
    const stop = fleet.listen((changes) => heard.push(changes));
    fleet.apply(frame({ kind: "heartbeat" }));
    stop();
    fleet.apply(frame({ kind: "reset" }));

    expect(heard).toEqual([]);
  });

  test("is what its listeners make of the changes that they are told", () => {
    const seen = fc.record({ number: fc.bigInt(1n, 6n), lat: fc.double({ min: -90, max: 90, noNaN: true }) });
    const step = fc.record({
      kind: fc.constantFrom("delta" as const, "delta" as const, "reset" as const),
      gone: fc.array(fc.bigInt(1n, 6n), { maxLength: 3 }),
      seen: fc.uniqueArray(seen, { maxLength: 4, selector: (one) => one.number }),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const fleet = new Fleet();
        const shown = new Map<string, number>();
        fleet.listen(({ isReset, gone, changed }) => {
          if (isReset) shown.clear();
          for (const id of gone) shown.delete(id);
          for (const vehicle of changed) shown.set(vehicle.names.vehicleId, vehicle.lat);
        });
        for (const { kind, gone, seen } of steps) {
          const names = new Map(seen.map(({ number }) => [number, { ...NAMES, vehicleId: `van-${number}` }]));
          fleet.apply(frame({ kind, gone, seen: seen.map((one) => ({ ...VAN, ...one })), names }));
        }
        expect(shown).toEqual(new Map([...fleet.vehicles].map(([id, vehicle]) => [id, vehicle.lat])));
      }),
    );
  });
});
