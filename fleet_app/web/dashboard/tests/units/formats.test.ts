import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { nowMs } from "../../src/app/state";
import { age, clock, dateAndTime, distance, duration, hourAndMinute, number, speed } from "../../src/units/formats";
import { fleetZone, units, zone } from "../../src/units/preferences";

const T = Date.UTC(2026, 10, 23, 13, 5, 9);

afterEach(() => {
  units.value = "metric";
  zone.value = "own";
  fleetZone.value = null;
});

describe("a duration", () => {
  test.each([
    [null, "–"],
    [-3, "0 s"],
    [0.4, "0 s"],
    [59.4, "59 s"],
    [59.6, "1 min"],
    [119.4, "1 min"],
    [3_599.4, "59 min"],
    [3_599.6, "1 h 00 min"],
    [7_500, "2 h 05 min"],
    [86_399.6, "1 d 0 h"],
    [273_600, "3 d 4 h"],
  ])("of %s s reads %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  test("never reads sixty of anything that has a larger one", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), (seconds) => {
        expect(duration(seconds)).not.toMatch(/\b60 (s|min)|\b24 h/);
      }),
    );
  });
});

describe("a distance", () => {
  test.each([
    [null, "–"],
    [0, "0 m"],
    [999.4, "999 m"],
    [999.6, "1.0 km"],
    [12_340, "12.3 km"],
    [99_940, "99.9 km"],
    [99_960, "100 km"],
    [1_240_400, "1,240 km"],
  ])("of %s m reads %s", (metres, text) => {
    expect(distance(metres)).toBe(text);
  });

  test.each([
    [304.6, "999 ft"],
    [304.8, "0.2 mi"],
    [1_609.344, "1.0 mi"],
    [160_900, "100 mi"],
  ])("of %s m reads %s where there are miles", (metres, text) => {
    units.value = "imperial";

    expect(distance(metres)).toBe(text);
  });

  test("never has four digits before its unit without a separator, nor tenths from a hundred on", () => {
    const metres = fc.double({ min: 0, max: 1e8, noNaN: true });
    fc.assert(
      fc.property(metres, fc.constantFrom("metric", "imperial"), (value, system) => {
        units.value = system;
        expect(distance(value)).toMatch(/^(\d{1,3} (m|ft)|\d{1,2}\.\d (km|mi)|\d{1,3}(,\d{3})* (km|mi))$/);
      }),
    );
  });
});

describe("a speed", () => {
  test.each([
    [null, "–", "–"],
    [0, "0 km/h", "0 mph"],
    [13.888_9, "50 km/h", "31 mph"],
  ])("of %s m/s reads %s, or %s", (mps, metric, imperial) => {
    expect(speed(mps)).toBe(metric);
    units.value = "imperial";
    expect(speed(mps)).toBe(imperial);
  });
});

describe("a number", () => {
  test.each([
    [1_240, 0, "1,240"],
    [0.05, 1, "0.1"],
    [-0.04, 1, "0.0"],
    [-1.5, 1, "-1.5"],
  ])("%s with %s digits reads %s", (value, digits, text) => {
    expect(number(value, digits)).toBe(text);
  });
});

describe("an age", () => {
  test.each([
    [0, "just now"],
    [-30_000, "just now"],
    [999, "just now"],
    [1_000, "1 s ago"],
    [12_000, "12 s ago"],
    [59_600, "1 min ago"],
  ])("of %s ms reads %s", (ageMs, text) => {
    nowMs.value = T;

    expect(age(T - ageMs)).toBe(text);
  });

  test("of what is not known is not known", () => {
    expect(age(null)).toBe("–");
  });
});

describe("a time", () => {
  test("is told in the fleet's time zone where the viewer wants that", () => {
    fleetZone.value = "Asia/Kolkata";
    zone.value = "fleet";

    expect(clock(T)).toBe("18:35:09");
    expect(hourAndMinute(T)).toBe("18:35");
    expect(dateAndTime(T)).toBe("23 Nov 2026, 18:35");
  });

  test("follows the zone when that becomes known", () => {
    zone.value = "fleet";
    fleetZone.value = "Europe/Berlin";
    expect(hourAndMinute(T)).toBe("14:05");

    fleetZone.value = "UTC";
    expect(hourAndMinute(T)).toBe("13:05");
  });
});
