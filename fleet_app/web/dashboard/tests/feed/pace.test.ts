import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { atMostEvery } from "../../src/feed/pace";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("what may happen every 250 ms at most", () => {
  test("happens at once the first time", () => {
    const run = vi.fn();
    atMostEvery(250, run)();

    expect(run).toHaveBeenCalledOnce();
  });

  test("happens once more at the end of a burst", () => {
    const run = vi.fn();
    const soon = atMostEvery(250, run);
    for (let times = 0; times < 100; times++) soon();

    expect(run).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(249);
    expect(run).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(10_000);
    expect(run).toHaveBeenCalledTimes(2);
  });

  test("happens four times a second while it is asked for all the time", () => {
    const run = vi.fn();
    const soon = atMostEvery(250, run);
    for (let ms = 0; ms < 2_000; ms += 10) {
      soon();
      vi.advanceTimersByTime(10);
    }

    expect(run).toHaveBeenCalledTimes(9);
  });
});
