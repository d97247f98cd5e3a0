import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { count, kindsOf } from "../../src/vehicles/counts";
import { NO_FILTER, shown } from "../../src/vehicles/filter";
import { SHOWN_STATES } from "../../src/vehicles/shown_state";
import { fleets, made } from "./made";

const FLEET = [
  made({ state: "moving", called: { vehicleId: "a", group: "north", tags: ["cold"] } }),
  made({ state: "moving", called: { vehicleId: "b" } }),
  made({ state: "idle", called: { vehicleId: "c", group: "north" } }),
  made({ state: null, called: { vehicleId: "d", tenant: "other" } }),
];

describe("count", () => {
  it("says how many are shown of all", () => {
    const { shown, total } = count(FLEET, { ...NO_FILTER, groups: new Set(["north"]) });

    expect([shown, total]).toEqual([2, 4]);
  });

  it("says of each state what it would show, whichever are chosen", () => {
    const { byState, shown } = count(FLEET, { ...NO_FILTER, statuses: new Set(["idle"] as const) });

    expect(shown).toBe(1);
    expect(byState).toEqual({ moving: 2, idle: 1, idle_probable: 0, halt: 0, stop: 0, offline: 0, unknown: 1 });
  });

  it("shows as many as the map and the table do", () => {
    const statuses = fc.subarray([...SHOWN_STATES]).map((each) => new Set(each));
    fc.assert(
      fc.property(fleets, statuses, (vehicles, statuses) => {
        const filter = { ...NO_FILTER, statuses, tags: new Set(["cold"]) };

        expect(count(vehicles, filter).shown).toBe(shown(vehicles, filter)?.size);
      }),
    );
  });
});

describe("kindsOf", () => {
  it("lists each name once and in order, and that some have no group", () => {
    expect(kindsOf(FLEET)).toEqual({ groups: ["", "north"], tags: ["cold"], tenants: ["default", "other"] });
  });
});
