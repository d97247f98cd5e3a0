import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { paced } from "../../src/vehicles/fleet_pace";

describe("paced", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("follows at once after a pause", () => {
    const source = signal(0);
    const follower = paced(source, 250);

    source.value = 1;

    expect(follower.value).toBe(1);
  });

  it("follows the newest value once an interval, and none is left out at the end", () => {
    const source = signal(0);
    const follower = paced(source, 250);
    const seen: number[] = [];
    follower.subscribe((value) => seen.push(value));

    for (let value = 1; value <= 10; value += 1) {
      source.value = value;
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(250);

    expect(seen).toEqual([0, 1, 3, 5, 8, 10]);
  });
});
