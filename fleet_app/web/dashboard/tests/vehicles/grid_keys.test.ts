import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeAfter } from "../../src/vehicles/grid_keys";

const SIZE = { rows: 100, columns: 12, pageRows: 10 };
const KEYS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"];

describe("placeAfter", () => {
  it.each([
    ["ArrowDown", false, 6, 3],
    ["ArrowUp", false, 4, 3],
    ["ArrowLeft", false, 5, 2],
    ["ArrowRight", false, 5, 4],
    ["PageDown", false, 15, 3],
    ["PageUp", false, 0, 3],
    ["Home", false, 5, 0],
    ["End", false, 5, 11],
    ["Home", true, 0, 0],
    ["End", true, 99, 11],
  ])("goes with %s (control: %s) from row 5, column 3 to row %s, column %s", (key, isControl, row, column) => {
    expect(placeAfter(key, isControl, { row: 5, column: 3 }, SIZE)).toEqual({ row, column });
  });

  it("comes to the headings from the first row, and back", () => {
    expect(placeAfter("ArrowUp", false, { row: 0, column: 2 }, SIZE)).toEqual({ row: -1, column: 2 });
    expect(placeAfter("PageUp", false, { row: -1, column: 2 }, SIZE)).toEqual({ row: -1, column: 2 });
    expect(placeAfter("ArrowDown", false, { row: -1, column: 2 }, SIZE)).toEqual({ row: 0, column: 2 });
  });

  it("leaves other keys to others", () => {
    expect(placeAfter("a", false, { row: 5, column: 3 }, SIZE)).toBeNull();
  });

  it("never leaves the grid, also one without rows", () => {
    const places = fc.record({ row: fc.integer({ min: -1, max: 99 }), column: fc.integer({ min: 0, max: 11 }) });
    fc.assert(
      fc.property(places, fc.constantFrom(...KEYS), fc.boolean(), fc.nat(100), (place, key, isControl, rows) => {
        const next = placeAfter(key, isControl, { ...place, row: Math.min(place.row, rows - 1) }, { ...SIZE, rows });

        expect(next?.row).toBeGreaterThanOrEqual(-1);
        expect(next?.row).toBeLessThan(Math.max(rows, 0));
        expect(next?.column).toBeGreaterThanOrEqual(0);
        expect(next?.column).toBeLessThan(12);
      }),
    );
  });
});
