import fc from "fast-check";
import { expect, test } from "vitest";
import { numberText, typedNumber, typedTags } from "../../src/geofences/typed";

test("what stands in a field is read as the number it was, to the digits that are shown", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -100_000, max: 100_000, noNaN: true }),
      fc.integer({ min: 0, max: 6 }),
      (value, digits) => {
        const read = typedNumber(numberText(value, digits));

        expect(Math.abs((read ?? Number.NaN) - value)).toBeLessThanOrEqual(0.5001 * 10 ** -digits);
      },
    ),
  );
});

test.each([
  ["", null],
  ["  ", null],
  ["52,5", 52.5],
  [" -13.25 ", -13.25],
  [".5", 0.5],
])("%j is read as %j", (text, value) => {
  expect(typedNumber(text)).toBe(value);
});

test.each(["north", "1e3", "1.2.3", "0x10", "-"])("%j is no number", (text) => {
  expect(typedNumber(text)).toBeNaN();
});

test("round numbers stand without digits behind the point", () => {
  expect(numberText(100, 2)).toBe("100");
  expect(numberText(1_200, 0)).toBe("1200");
  expect(numberText(0.5, 6)).toBe("0.5");
  expect(numberText(Number.NaN, 2)).toBe("");
});

test("tags stand once each, without white space around", () => {
  expect(typedTags(" depot, cold store,,depot ")).toEqual(["depot", "cold store"]);
});
