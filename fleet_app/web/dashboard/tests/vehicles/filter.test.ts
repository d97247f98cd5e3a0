import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { type Filter, filter, isNarrow, matches, NO_FILTER, shown, visibleVehicles } from "../../src/vehicles/filter";
import { SHOWN_STATES } from "../../src/vehicles/shown_state";
import { fleets, made } from "./made";
import { begin } from "./told";

const filters: fc.Arbitrary<Filter> = fc.record({
  text: fc.constantFrom("", "van", " ", "1"),
  statuses: fc.subarray([...SHOWN_STATES]).map((each) => new Set(each)),
  groups: fc.subarray(["", "north", "south"]).map((each) => new Set(each)),
  tags: fc.subarray(["cold", "big"]).map((each) => new Set(each)),
  tenants: fc.subarray(["default", "other"]).map((each) => new Set(each)),
});

describe("matches", () => {
  it("finds a vehicle by its driver, without accents and case", () => {
    const vehicle = made({ called: { driver: "Jürgen Groß" } });

    expect(matches(vehicle, { ...NO_FILTER, text: "JURGEN gross" })).toBe(true);
  });

  it("does not find a text that begins in one field and ends in the next", () => {
    const vehicle = made({ called: { name: "Van", plate: "B1" } });

    expect(matches(vehicle, { ...NO_FILTER, text: "vanb1" })).toBe(false);
  });

  it("takes a vehicle whose state is not known for unknown", () => {
    expect(matches(made({ state: null }), { ...NO_FILTER, statuses: new Set(["unknown"] as const) })).toBe(true);
  });

  it("takes an empty group for those of none", () => {
    const filter = { ...NO_FILTER, groups: new Set([""]) };

    expect(matches(made(), filter)).toBe(true);
    expect(matches(made({ called: { group: "north" } }), filter)).toBe(false);
  });

  it("asks for one of the tags and for all of the kinds", () => {
    const filter = { ...NO_FILTER, tags: new Set(["cold", "big"]), groups: new Set(["north"]) };

    expect(matches(made({ called: { group: "north", tags: ["big", "new"] } }), filter)).toBe(true);
    expect(matches(made({ called: { group: "south", tags: ["big"] } }), filter)).toBe(false);
    expect(matches(made({ called: { group: "north", tags: ["new"] } }), filter)).toBe(false);
  });
});

describe("shown", () => {
  it("is null where nothing is asked for, also with a text that says nothing", () => {
    expect(shown([made()], { ...NO_FILTER, text: " - " })).toBeNull();
  });

  it("holds exactly the vehicles that match", () => {
    fc.assert(
      fc.property(fleets, filters, (vehicles, filter) => {
        const expected = vehicles.filter((each) => matches(each, filter)).map((each) => each.names.vehicleId);

        expect([...(shown(vehicles, filter) ?? vehicles.map((each) => each.names.vehicleId))]).toEqual(expected);
      }),
    );
  });

  it("is never widened by asking for more", () => {
    fc.assert(
      fc.property(fleets, filters, (vehicles, filter) => {
        const narrower = { ...filter, text: `${filter.text}1` };

        expect(vehicles.filter((each) => matches(each, narrower)).every((each) => matches(each, filter))).toBe(true);
        expect(isNarrow(narrower)).toBe(true);
      }),
    );
  });
});

describe("visibleVehicles", () => {
  beforeEach(() => {
    begin([
      made({ state: "moving", called: { vehicleId: "van-1" } }),
      made({ state: "stop", called: { vehicleId: "van-2" } }),
    ]);
  });

  it("are all until something is filtered", () => {
    expect(visibleVehicles.value).toBeNull();

    filter.value = { ...NO_FILTER, statuses: new Set(["stop"] as const) };

    expect(visibleVehicles.value).toEqual(new Set(["van-2"]));
  });

  it("stay the same set while they are the same vehicles", () => {
    filter.value = { ...NO_FILTER, statuses: new Set(["stop"] as const) };
    const before = visibleVehicles.value;

    filter.value = { ...NO_FILTER, text: "van2" };

    expect(visibleVehicles.value).toBe(before);
  });
});
