import { describe, expect, it } from "vitest";
import { compassWord } from "../../src/vehicles/heading";

describe("compassWord", () => {
  it.each([
    [0, "North"],
    [22.4, "North"],
    [22.6, "North-east"],
    [180, "South"],
    [292.6, "North-west"],
    [337.6, "North"],
    [360, "North"],
  ])("says of %s° that it is %s", (headingDeg, word) => {
    expect(compassWord(headingDeg)).toBe(word);
  });

  it("says nothing of what is not known", () => {
    expect(compassWord(null)).toBeNull();
  });
});
