import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Player } from "../../src/trips/player";
import { point, ready, START_MS } from "./trip";

const SHORT = ready([point(0, 0), point(5, 50), point(10, 100)]);
const LONGER = ready([point(0, 0), point(5, 50), point(10, 100), point(15, 150)]);

function preferStillness(isStill: boolean): void {
  vi.stubGlobal("matchMedia", () => ({ matches: isStill }));
}

beforeEach(() => {
  vi.useFakeTimers();
  preferStillness(true);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("it begins at the start, or at a time of the trip that was asked for", () => {
  expect(new Player(SHORT, null).timeMs.value).toBe(START_MS);
  expect(new Player(SHORT, START_MS + 7_000).timeMs.value).toBe(START_MS + 7_000);
  expect(new Player(SHORT, START_MS + 99_000).timeMs.value).toBe(START_MS + 10_000);
});

test("it steps once a second for who prefers less motion, until the end, and pauses there", () => {
  const player = new Player(SHORT, null);
  player.rate.value = 5;
  player.play();
  vi.advanceTimersByTime(1_000);
  expect([player.timeMs.value, player.isPlaying.value]).toEqual([START_MS + 5_000, true]);
  vi.advanceTimersByTime(5_000);
  expect([player.timeMs.value, player.isPlaying.value]).toEqual([START_MS + 10_000, false]);
});

test("it moves with every frame for everybody else", () => {
  preferStillness(false);
  const player = new Player(SHORT, null);
  player.rate.value = 1;
  player.play();
  vi.advanceTimersByTime(500);
  expect(player.timeMs.value).toBeGreaterThan(START_MS + 300);
  expect(player.timeMs.value).toBeLessThan(START_MS + 600);
});

test("it stands still when it is paused", () => {
  const player = new Player(SHORT, null);
  player.toggle();
  player.toggle();
  vi.advanceTimersByTime(5_000);
  expect(player.timeMs.value).toBe(START_MS);
});

test("played at the end, it begins again", () => {
  const player = new Player(SHORT, START_MS + 10_000);
  player.play();
  expect([player.timeMs.value, player.isPlaying.value]).toEqual([START_MS, true]);
});

test("who stands at the end of a trip that grows stays at its end, others where they are", () => {
  const atEnd = new Player(SHORT, START_MS + 10_000);
  const before = new Player(SHORT, START_MS + 4_000);
  atEnd.renew(LONGER);
  before.renew(LONGER);
  expect([atEnd.timeMs.value, before.timeMs.value]).toEqual([START_MS + 15_000, START_MS + 4_000]);
});
