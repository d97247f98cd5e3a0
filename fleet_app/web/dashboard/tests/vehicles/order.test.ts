import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BY_NAME, SORT_KEYS, sortedBy, sortVehicles } from "../../src/vehicles/order";
import { fleets, made } from "./made";

const ids = (vehicles: readonly { readonly names: { readonly vehicleId: string } }[]) =>
  vehicles.map((each) => each.names.vehicleId);

describe("sortVehicles", () => {
  it("counts in names as people do", () => {
    const vehicles = ["Van 10", "van 9", "Van 1"].map((name) => made({ called: { vehicleId: name, name } }));

    expect(ids(sortVehicles(vehicles, BY_NAME))).toEqual(["Van 1", "van 9", "Van 10"]);
  });

  it("puts what is not known last in both directions", () => {
    const vehicles = [null, 3, 1].map((speedMps) => made({ speedMps, called: { vehicleId: String(speedMps) } }));

    expect(ids(sortVehicles(vehicles, { key: "speed", isDescending: false }))).toEqual(["1", "3", "null"]);
    expect(ids(sortVehicles(vehicles, { key: "speed", isDescending: true }))).toEqual(["3", "1", "null"]);
  });

  it("puts the newest position first by age", () => {
    const vehicles = [1, 3, 2].map((timeMs) => made({ timeMs, called: { vehicleId: String(timeMs) } }));

    expect(ids(sortVehicles(vehicles, { key: "age", isDescending: false }))).toEqual(["3", "2", "1"]);
  });

  it("gives one order, whatever it was before, with every vehicle once", () => {
    fc.assert(
      fc.property(fleets, fc.constantFrom(...SORT_KEYS), fc.boolean(), (vehicles, key, isDescending) => {
        const sorted = ids(sortVehicles([...vehicles], { key, isDescending }));

        expect(ids(sortVehicles([...vehicles].reverse(), { key, isDescending }))).toEqual(sorted);
        expect([...sorted].sort()).toEqual(ids(vehicles).sort());
      }),
    );
  });
});

describe("sortedBy", () => {
  it("turns a column round that is asked for again, and begins each one upwards", () => {
    const once = sortedBy("speed", { key: "name", isDescending: true });
    const twice = sortedBy("speed", once);

    expect(once).toEqual({ key: "speed", isDescending: false });
    expect(twice).toEqual({ key: "speed", isDescending: true });
    expect(sortedBy("speed", twice)).toEqual(once);
  });
});
