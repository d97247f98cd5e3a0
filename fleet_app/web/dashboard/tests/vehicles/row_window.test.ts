import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ROW_HEIGHT_PX, rowsDrawn, rowsSeen, scrolledTo, stretches } from "../../src/vehicles/row_window";

const scrolls = fc.record({ topPx: fc.nat(500_000), heightPx: fc.nat(2_000) });
const sizes = fc.nat(10_000);

describe("rowsDrawn", () => {
  it("are those in view and six more on each side", () => {
    expect(rowsDrawn({ topPx: 100 * ROW_HEIGHT_PX, heightPx: 10 * ROW_HEIGHT_PX }, 10_000)).toEqual([94, 116]);
  });

  it("hold every row that is in view, and few others", () => {
    fc.assert(
      fc.property(scrolls, sizes, (scrolled, rows) => {
        const [from, to] = rowsDrawn(scrolled, rows);
        const first = Math.min(rows, Math.floor(scrolled.topPx / ROW_HEIGHT_PX));
        const last = Math.min(rows, Math.ceil((scrolled.topPx + scrolled.heightPx) / ROW_HEIGHT_PX));

        expect(from).toBeLessThanOrEqual(first);
        expect(to).toBeGreaterThanOrEqual(last);
        expect(to - from).toBeLessThanOrEqual(scrolled.heightPx / ROW_HEIGHT_PX + 14);
      }),
    );
  });
});

describe("stretches", () => {
  it("are as high as all rows, in order, with the kept row among them", () => {
    fc.assert(
      fc.property(scrolls, sizes, fc.nat(), (scrolled, rows, seed) => {
        const kept = rows === 0 ? -1 : seed % rows;
        const found = stretches(rowsDrawn(scrolled, rows), kept, rows);
        const spans = found.map(({ row, gap }) => (row === null ? gap : { from: row, to: row + 1 }));

        expect(spans.map(({ from }) => from)).toEqual([0, ...spans.map(({ to }) => to)].slice(0, spans.length));
        expect(spans.at(-1)?.to ?? 0).toBe(rows);
        expect(found.filter(({ row }) => row === kept)).toHaveLength(rows === 0 ? 0 : 1);
      }),
    );
  });
});

describe("scrolledTo", () => {
  it("does not move for a row that is seen whole", () => {
    expect(scrolledTo(5, { topPx: 200, heightPx: 40 })).toBe(200);
  });

  it("shows a row above at the top, and one below at the bottom", () => {
    expect(scrolledTo(4, { topPx: 200, heightPx: 120 })).toBe(160);
    expect(scrolledTo(9, { topPx: 200, heightPx: 120 })).toBe(280);
  });
});

describe("rowsSeen", () => {
  it("is one at least, so that a page key moves", () => {
    expect(rowsSeen({ topPx: 0, heightPx: 10 })).toBe(1);
    expect(rowsSeen({ topPx: 0, heightPx: 399 })).toBe(9);
  });
});
