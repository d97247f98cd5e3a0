import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClockAhead } from "../../src/feed/clock_ahead";

const T = 1_800_000_000_000;

describe("how far the worker's clock is ahead", () => {
  test("is nothing before a frame tells it", () => {
    expect(new ClockAhead().ms).toBe(0);
  });

  test("is told by the frame that was under way for the shortest time", () => {
    const clock = new ClockAhead();
    clock.hear(T + 500, T + 40);
    clock.hear(T + 1_500, T + 1_010);
    clock.hear(T + 2_500, T + 2_300);

    expect(clock.ms).toBe(490);
  });

  test("is forgotten when another worker tells", () => {
    const clock = new ClockAhead();
    clock.hear(T + 5_000, T);
    clock.forget();
    clock.hear(T - 100, T);

    expect(clock.ms).toBe(-100);
  });

  test("is the largest of the last minute, whatever came in which order of size", () => {
    const frames = fc.array(fc.record({ stepMs: fc.nat(20_000), aheadMs: fc.integer({ min: -500, max: 500 }) }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(frames, (steps) => {
        const clock = new ClockAhead();
        const heard: { heardMs: number; aheadMs: number }[] = [];
        let nowMs = T;
        for (const { stepMs, aheadMs } of steps) {
          nowMs += stepMs;
          heard.push({ heardMs: nowMs, aheadMs });
          clock.hear(nowMs + aheadMs, nowMs);
          const ofMinute = heard.filter((one) => one.heardMs > nowMs - 60_000);
          expect(clock.ms).toBe(Math.max(...ofMinute.map((one) => one.aheadMs)));
        }
      }),
    );
  });
});
