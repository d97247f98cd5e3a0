import { describe, expect, it } from "vitest";
import { STATES } from "../../src/feed/frame";
import {
  ageMs,
  isShownState,
  isStale,
  SHOWN_STATES,
  speedNowMps,
  stateName,
  stateOf,
} from "../../src/vehicles/shown_state";
import { made } from "./made";

describe("what a vehicle is shown as", () => {
  it("is what the fleet told", () => {
    expect(stateOf(made({ state: "offline" }))).toBe("offline");
  });

  it("is moving at once when a device says that it drives, before that is judged", () => {
    const drivenOff = { state: "idle", isProvisional: true, speedSource: "device", speedMps: 9 } as const;
    expect(stateOf(made(drivenOff))).toBe("moving");
    expect(stateOf(made({ ...drivenOff, speedMps: 2 }))).toBe("idle");
    expect(stateOf(made({ ...drivenOff, isProvisional: false }))).toBe("idle");
    expect(stateOf(made({ ...drivenOff, speedSource: "track" }))).toBe("idle");
    expect(stateOf(made({ ...drivenOff, state: "offline" }))).toBe("offline");
  });

  it("is unknown until something is told", () => {
    expect(stateOf(made({ state: null }))).toBe("unknown");
  });

  it("has a name of its own for each state", () => {
    expect(new Set(SHOWN_STATES.map(stateName)).size).toBe(STATES.length + 1);
    expect(SHOWN_STATES.every(isShownState)).toBe(true);
  });
});

describe("the speed of a vehicle", () => {
  it("is not known while it is offline, whatever it was told last", () => {
    expect(speedNowMps(made({ state: "offline", speedMps: 9 }))).toBeNull();
    expect(speedNowMps(made({ state: "moving", speedMps: 9 }))).toBe(9);
  });
});

describe("the age of a position", () => {
  it("is never less than nothing, where a device's clock is ahead", () => {
    expect(ageMs(made({ timeMs: 2_000 }), 1_000)).toBe(0);
  });

  it("is called old from two minutes on", () => {
    expect(isStale(made({ timeMs: 0 }), 119_999)).toBe(false);
    expect(isStale(made({ timeMs: 0 }), 120_000)).toBe(true);
  });
});
