import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { askedOf, dayOf, spanOf, startOfDay, withSpan } from "../../src/trips/trip_span";

const HOUR_MS = 3_600_000;
const zones = fc.constantFrom("Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland", "UTC");
const days = fc
  .date({ min: new Date("2000-01-01"), max: new Date("2040-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

describe("the span of an address", () => {
  test("is the newest seven days by default, and for what it does not know", () => {
    expect(spanOf(new URLSearchParams())).toEqual({ name: "7d", day: "" });
    expect(spanOf(new URLSearchParams("span=fortnight"))).toEqual({ name: "7d", day: "" });
    expect(spanOf(new URLSearchParams("span=day"))).toEqual({ name: "7d", day: "" });
    expect(spanOf(new URLSearchParams("day=2026-02-99"))).toEqual({ name: "7d", day: "" });
  });

  test("is what was put into it, and leaves the rest of the address alone", () => {
    const span = fc.oneof(
      fc.constantFrom("24h", "7d", "30d").map((name) => ({ name, day: "" }) as const),
      days.map((day) => ({ name: "day", day }) as const),
    );
    fc.assert(
      fc.property(span, span, (first, second) => {
        const search = withSpan(withSpan(new URLSearchParams("trip=van-7@1"), first), second);
        expect(spanOf(search)).toEqual(second);
        expect(search.get("trip")).toBe("van-7@1");
      }),
    );
  });
});

describe("a day", () => {
  test("has 23 or 25 hours where the clocks change", () => {
    const lengthOf = (day: string) => {
      const asked = askedOf({ name: "day", day }, 0, "Europe/Berlin");
      return (Number(asked.get("to")) - Number(asked.get("from"))) / HOUR_MS;
    };
    expect([lengthOf("2026-03-29"), lengthOf("2026-10-25"), lengthOf("2026-11-23")]).toEqual([23, 25, 24]);
  });

  test("begins at the first instant that the clocks of its time zone say it", () => {
    fc.assert(
      fc.property(days, zones, (day, zone) => {
        const beginsMs = startOfDay(day, zone);
        expect(dayOf(beginsMs, zone)).toBe(day);
        expect(dayOf(beginsMs - 1, zone) < day).toBe(true);
      }),
    );
  });
});

test("the newest hours are asked for without an end, so that what goes on is there", () => {
  const asked = askedOf({ name: "24h", day: "" }, 100 * HOUR_MS, "UTC");
  expect(Object.fromEntries(asked)).toEqual({ from: String(76 * HOUR_MS) });
});
