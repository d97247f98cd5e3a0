import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { needsBanner, shownOfMs, shownPhase } from "../../src/app/shown_phase";
import type { Connection } from "../../src/app/state";

const T = 1_800_000_000_000;
const LIVE: Connection = { phase: "live", sinceMs: T, worker: "http://one:8080", behindMs: 100, heardMs: T };
const CUT: Connection = { ...LIVE, phase: "cut" };
const CONNECTING: Connection = { phase: "connecting", sinceMs: T, worker: "", behindMs: null, heardMs: null };

describe("the connection is shown as", () => {
  test.each([
    ["connecting before the first frame", CONNECTING, 60_000, { phase: "connecting", ageMs: 0 }],
    ["connecting while the worker knows nothing", { ...LIVE, behindMs: null }, 0, { phase: "connecting", ageMs: 0 }],
    ["live between heartbeats", LIVE, 5_100, { phase: "live", ageMs: 0 }],
    ["behind where a heartbeat is missing", LIVE, 7_001, { phase: "behind", ageMs: 7_101 }],
    ["live while the worker is hardly behind", { ...LIVE, behindMs: 3_000 }, 0, { phase: "live", ageMs: 0 }],
    ["behind where the worker is", { ...LIVE, behindMs: 12_000 }, 1_000, { phase: "behind", ageMs: 12_000 }],
    ["live while it goes on at another worker", CUT, 999, { phase: "live", ageMs: 0 }],
    ["cut after a second without", CUT, 1_000, { phase: "cut", ageMs: 1_000 }],
  ] as const)("%s", (_, connection, passedMs, shown) => {
    expect(shownPhase(connection, T + passedMs)).toEqual(shown);
  });

  test("nothing but live before it was heard, where this browser's clock is set back", () => {
    expect(shownPhase(LIVE, T - 60_000).phase).toBe("live");
  });

  test("with its age wherever that matters", () => {
    const times = fc.record({ behindMs: fc.nat(100_000), passedMs: fc.nat(100_000) });
    fc.assert(
      fc.property(times, fc.constantFrom(LIVE, CUT), ({ behindMs, passedMs }, connection) => {
        const { phase, ageMs } = shownPhase({ ...connection, behindMs }, T + passedMs);
        expect(phase === "live" ? 0 : 1_000).toBeLessThanOrEqual(ageMs);
      }),
    );
  });
});

describe("the whole page says that there is no connection", () => {
  test("after five seconds without one", () => {
    expect(needsBanner(CUT, T + 5_000)).toBe(false);
    expect(needsBanner(CUT, T + 5_001)).toBe(true);
    expect(needsBanner(CONNECTING, T + 5_001)).toBe(true);
  });

  test("and never with one", () => {
    expect(needsBanner(LIVE, T + 3_600_000)).toBe(false);
  });
});

test("what is shown is of when it was heard, less what the worker was behind", () => {
  expect(shownOfMs({ ...CUT, behindMs: 400 })).toBe(T - 400);
  expect(shownOfMs(CONNECTING)).toBeNull();
});
