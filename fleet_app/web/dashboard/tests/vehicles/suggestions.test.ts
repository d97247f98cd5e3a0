import { describe, expect, it } from "vitest";
import { nextMarked, suggestions } from "../../src/vehicles/suggestions";
import { made } from "./made";

const FLEET = [
  made({ called: { vehicleId: "van-17" } }),
  made({ called: { vehicleId: "van-10" } }),
  made({ called: { vehicleId: "van-1" } }),
  made({ called: { vehicleId: "car-3", driver: "Ivan 1" } }),
];
const found = (text: string, most = 8) => suggestions(FLEET, text, most).map((each) => each.names.vehicleId);

describe("suggestions", () => {
  it("offer the one that is called so first, then those that begin with it, then those that hold it", () => {
    expect(found("VAN 1")).toEqual(["van-1", "van-10", "van-17", "car-3"]);
  });

  it("stand in the order that people count in", () => {
    const fleet = ["Van 10", "Van 9"].map((name) => made({ called: { vehicleId: name, name } }));

    expect(suggestions(fleet, "van", 8).map((each) => each.names.name)).toEqual(["Van 9", "Van 10"]);
  });

  it("are as many as asked for at most", () => {
    expect(found("van", 2)).toEqual(["van-1", "van-10"]);
  });

  it("are none for a text that says nothing", () => {
    expect(found(" - ")).toEqual([]);
  });
});

describe("nextMarked", () => {
  it("goes round by way of the text itself", () => {
    const down = [0, 1, 2].reduce<number[]>((marks) => [...marks, nextMarked(marks.at(-1) ?? -1, 1, 2)], []);
    const up = [0, 1, 2].reduce<number[]>((marks) => [...marks, nextMarked(marks.at(-1) ?? -1, -1, 2)], []);

    expect(down).toEqual([0, 1, -1]);
    expect(up).toEqual([1, 0, -1]);
  });
});
