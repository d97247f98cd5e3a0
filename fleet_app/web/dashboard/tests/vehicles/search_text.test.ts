import { describe, expect, it } from "vitest";
import { folded, searchText } from "../../src/vehicles/search_text";
import { named } from "./made";

describe("folded", () => {
  it.each([
    ["B-FL 1024", "bfl1024"],
    ["b fl.10_24", "bfl1024"],
    ["Jürgen Groß", "jurgengross"],
    ["Łukasz Ångström", "lukaszangstrom"],
    ["Émile  Noël", "emilenoel"],
    ["- . _", ""],
  ])("compares %s as %s", (text, expected) => {
    expect(folded(text)).toBe(expected);
  });
});

describe("searchText", () => {
  it("holds what people know a vehicle by, each by itself", () => {
    const names = named({ vehicleId: "van-7", name: "Berta", plate: "B-FL 7", driver: "Jürgen", group: "north" });

    expect(searchText(names)).toBe("van7\nberta\nbfl7\njurgen");
  });
});
