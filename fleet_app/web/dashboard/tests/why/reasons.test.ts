import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { countsOf, REASONS, refusedIn, wordsOf } from "../../src/why/reasons";

const REFUSALS = join(import.meta.dirname, "../../../../domain/refusals.py");

describe("reasons for refusals", () => {
  test("are explained, all that the worker gives and no others", () => {
    const codes = [...readFileSync(REFUSALS, "utf8").matchAll(/^ {4}[A-Z_]+ = "(\w+)"$/gm)].map(([, code]) => code);

    expect(codes.length).toBeGreaterThan(0);
    expect([...REASONS].sort()).toEqual(codes.sort());
  });

  test.each(REASONS)("%s has a name, a meaning and something to do", (code) => {
    expect(Object.values(wordsOf(code)).every((text) => text.length > 3)).toBe(true);
  });

  test("stand for themselves where this page does not know them yet", () => {
    expect(wordsOf("constructor").name).toBe("constructor");
  });

  test("are counted with the most frequent of the span first, and those of the past after them", () => {
    const counts = countsOf({ duplicate: 2, excursion: 5 }, { duplicate: 9, excursion: 5, too_old: 1 });

    expect(counts).toEqual([
      { code: "excursion", inSpan: 5, inAll: 5 },
      { code: "duplicate", inSpan: 2, inAll: 9 },
      { code: "too_old", inSpan: 0, inAll: 1 },
    ]);
  });

  test("add up", () => {
    expect(refusedIn({ duplicate: 2, excursion: 5 })).toBe(7);
  });
});
