import { describe, expect, it } from "vitest";
import type { Vehicle } from "../../src/feed/fleet";
import { NO_FILTER } from "../../src/vehicles/filter";
import type { Sort } from "../../src/vehicles/order";
import { HOLD_MS, RowOrder, SORT_EVERY_MS } from "../../src/vehicles/row_order";
import { made } from "./made";

const BY_SPEED: Sort = { key: "speed", isDescending: false };
const BACKWARDS: Sort = { key: "speed", isDescending: true };

/** What is asked of a fleet told as `id: speed`. */
function asked(
  speeds: Readonly<Record<string, number>>,
  sort: Sort = BY_SPEED,
  visible: readonly string[] | null = null,
) {
  const vehicles = new Map<string, Vehicle>();
  for (const [vehicleId, speedMps] of Object.entries(speeds)) {
    vehicles.set(vehicleId, made({ speedMps, called: { vehicleId } }));
  }
  return { vehicles, visible: visible && new Set(visible), filter: NO_FILTER, sort };
}

describe("RowOrder", () => {
  it("sorts again every two seconds, and not between", () => {
    const rows = new RowOrder();

    expect(rows.at(0, asked({ a: 1, b: 2 }))).toEqual(["a", "b"]);
    expect(rows.at(SORT_EVERY_MS - 1, asked({ a: 3, b: 2 }))).toEqual(["a", "b"]);
    expect(rows.at(SORT_EVERY_MS, asked({ a: 3, b: 2 }))).toEqual(["b", "a"]);
  });

  it("leaves rows where they are while the table is in use, and for ten seconds after", () => {
    const rows = new RowOrder();
    rows.at(0, asked({ a: 1, b: 2 }));
    rows.use(5_000);

    expect(rows.at(5_000 + HOLD_MS - 1, asked({ a: 3, b: 2 }))).toEqual(["a", "b"]);
    expect(rows.at(5_000 + HOLD_MS, asked({ a: 3, b: 2 }))).toEqual(["b", "a"]);
  });

  it("sorts at once when another order is asked for, also in use", () => {
    const rows = new RowOrder();
    rows.at(0, asked({ a: 1, b: 2 }));
    rows.use(1);

    expect(rows.at(1, asked({ a: 1, b: 2 }, BACKWARDS))).toEqual(["b", "a"]);
  });

  it("sorts at once when another filter is asked for", () => {
    const rows = new RowOrder();
    rows.at(0, asked({ a: 1, b: 2, c: 3 }));

    expect(rows.at(1, { ...asked({ a: 3, b: 2, c: 1 }, BY_SPEED, ["a", "c"]), filter: { ...NO_FILTER } })).toEqual([
      "c",
      "a",
    ]);
  });

  it("drops those that are gone at once, and puts new ones last until the next sorting", () => {
    const rows = new RowOrder();
    rows.at(0, asked({ a: 1, b: 2 }));
    rows.use(1);

    expect(rows.at(1, asked({ new: 0, b: 2 }))).toEqual(["b", "new"]);
    expect(rows.at(1 + HOLD_MS, asked({ new: 0, b: 2 }))).toEqual(["new", "b"]);
  });
});
