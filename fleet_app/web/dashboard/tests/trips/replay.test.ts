import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TrackPoint } from "../../src/api/trips";
import {
  distanceBetween,
  drivenParts,
  endMsOf,
  eventAfter,
  eventBefore,
  momentAt,
  playedOn,
  replayOf,
  startMsOf,
  timeOf,
  timeText,
  wayOf,
} from "../../src/trips/replay";
import { point, ready, START_MS, tripWith } from "./trip";

const anyTrack = fc
  .array(
    fc.record({
      stepMs: fc.integer({ min: 1, max: 120_000 }),
      lat: fc.double({ min: -60, max: 60, noNaN: true }),
      lon: fc.double({ min: -179, max: 179, noNaN: true }),
      speed: fc.option(fc.double({ min: 0, max: 40, noNaN: true })),
      heading: fc.option(fc.double({ min: 0, max: 359.9, noNaN: true })),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((steps) => {
    let timeMs = START_MS;
    return steps.map(({ stepMs, lat, lon, speed, heading }): TrackPoint => {
      timeMs += stepMs;
      return {
        time_ms: timeMs,
        lat,
        lon,
        ...(speed === null ? {} : { speed_mps: speed }),
        ...(heading === null ? {} : { heading_deg: heading }),
      };
    });
  });

describe("a moment of a trip", () => {
  test("lies half way between two fixes half the time later", () => {
    const replay = ready([
      point(0, 0, { speed_mps: 4, heading_deg: 350 }),
      point(5, 100, { speed_mps: 8, heading_deg: 10 }),
    ]);
    const moment = momentAt(replay, START_MS + 2_500);
    expect(moment.lat).toBeCloseTo(point(0, 50).lat, 9);
    expect(moment.speedMps).toBe(6);
    expect(moment.headingDeg).toBeCloseTo(0);
    expect(moment.distanceM).toBeCloseTo(500);
  });

  test("stays where the last fix was for as long as nothing was told", () => {
    const replay = ready([point(0, 0), point(5, 50), point(10, 100), point(300, 3_000), point(305, 3_050)]);
    const moment = momentAt(replay, START_MS + 200_000);
    expect(moment).toMatchObject({ lat: point(10, 100).lat, isGap: true, speedMps: null });
  });

  test("is not a gap where a single fix was lost", () => {
    const replay = ready([point(0, 0), point(5, 50), point(15, 150), point(20, 200)]);
    expect(momentAt(replay, START_MS + 10_000)).toMatchObject({ isGap: false });
  });

  test("knows the heading from the way where the device tells none", () => {
    expect(momentAt(ready([point(0, 0), point(5, 50)]), START_MS + 1_000).headingDeg).toBeCloseTo(0);
    expect(momentAt(ready([point(0, 50), point(5, 0)]), START_MS + 1_000).headingDeg).toBeCloseTo(180);
  });

  test("crosses the antimeridian the short way", () => {
    const replay = ready([
      { time_ms: START_MS, lat: 0, lon: 179.99 },
      { time_ms: START_MS + 5_000, lat: 0, lon: -179.99 },
    ]);
    expect(momentAt(replay, START_MS + 2_500).lon).toBeCloseTo(180);
  });

  test("is that of a fix at its time", () => {
    fc.assert(
      fc.property(anyTrack, (track) => {
        const replay = ready(track);
        for (const { time_ms, lat, lon, speed_mps } of track) {
          const told = { timeMs: time_ms, lat, lon, speedMps: speed_mps ?? null, isGap: false };
          expect(momentAt(replay, time_ms)).toMatchObject(told);
        }
      }),
    );
  });

  test("is between the fixes around it, and on the earlier one in a gap", () => {
    fc.assert(
      fc.property(anyTrack, fc.double({ min: 0, max: 1, noNaN: true }), (track, share) => {
        const replay = ready(track);
        const timeMs = startMsOf(replay) + (endMsOf(replay) - startMsOf(replay)) * share;
        const [before, after] = around(track, timeMs);
        const moment = momentAt(replay, timeMs);
        const to = moment.isGap ? before : after;
        expect(moment.lat).toBeGreaterThanOrEqual(Math.min(before.lat, to.lat) - 1e-9);
        expect(moment.lat).toBeLessThanOrEqual(Math.max(before.lat, to.lat) + 1e-9);
        expect(moment.headingDeg ?? 0).toBeGreaterThanOrEqual(0);
        expect(moment.headingDeg ?? 0).toBeLessThan(360);
      }),
    );
  });

  test("is never further back on the way than one before it", () => {
    fc.assert(
      fc.property(anyTrack, fc.integer(), fc.nat(600_000), (track, offsetMs, laterMs) => {
        const replay = ready(track);
        const earlier = momentAt(replay, START_MS + offsetMs).distanceM;
        expect(momentAt(replay, START_MS + offsetMs + laterMs).distanceM).toBeGreaterThanOrEqual(earlier);
      }),
    );
  });

  test("is the first or the last fix outside of the trip", () => {
    const replay = ready([point(0, 0), point(5, 50)]);
    expect(momentAt(replay, START_MS - 1_000)).toMatchObject({ timeMs: START_MS, distanceM: 0 });
    expect(momentAt(replay, START_MS + 9_000)).toMatchObject({ timeMs: START_MS + 5_000, distanceM: 1_000 });
  });
});

describe("playing", () => {
  test("goes on by the rate, and not past the end", () => {
    const replay = ready([point(0, 0), point(5, 50), point(10, 100)]);
    expect(playedOn(replay, START_MS, 100, 30)).toBe(START_MS + 3_000);
    expect(playedOn(replay, START_MS, 1_000, 60)).toBe(START_MS + 10_000);
  });

  test("never shows a gap, never goes back, and comes to the end", () => {
    fc.assert(
      fc.property(anyTrack, fc.integer({ min: 1, max: 60 }), (track, rate) => {
        const replay = ready(track);
        let timeMs = startMsOf(replay);
        for (let step = 0; step < 6_000 && timeMs < endMsOf(replay); step += 1) {
          const next = playedOn(replay, timeMs, 1_000, rate);
          expect(next).toBeGreaterThan(timeMs);
          expect(momentAt(replay, next).isGap).toBe(false);
          timeMs = next;
        }
        expect(timeMs).toBe(endMsOf(replay));
      }),
    );
  });
});

describe("the events of a trip", () => {
  test("are its start, halts, gaps, the highest speed and what ended it, in order", () => {
    const replay = ready([
      point(0, 0, { speed_mps: 2 }),
      point(5, 60, { speed_mps: 12 }),
      ...Array.from({ length: 12 }, (_, index) => point(10 + 5 * index, 100 + (index % 2) * 8, { speed_mps: 0.5 })),
      point(70, 180, { speed_mps: 9 }),
      point(370, 900, { speed_mps: 9 }),
    ]);
    expect(replay.events.map((event) => event.kind)).toEqual(["start", "fastest", "halt", "gap", "end"]);
    expect(replay.events[2]).toMatchObject({ timeMs: START_MS + 10_000, endMs: START_MS + 65_000 });
    expect(replay.events[4]).toMatchObject({ ending: "stop" });
  });

  test("end with the newest fix while it goes on", () => {
    expect(ready([point(0, 0), point(5, 50)], { ending: null }).events.at(-1)?.kind).toBe("last");
  });

  test("are in the order of their times and are gone through in it", () => {
    fc.assert(
      fc.property(anyTrack, (track) => {
        const replay = ready(track);
        const times = replay.events.map((event) => event.timeMs);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        for (const timeMs of times) {
          expect(eventAfter(replay, timeMs)?.timeMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(timeMs);
          expect(eventBefore(replay, timeMs)?.timeMs ?? Number.NEGATIVE_INFINITY).toBeLessThan(timeMs);
        }
      }),
    );
  });
});

test("a trip without a kept track cannot be replayed", () => {
  expect(replayOf(tripWith(null))).toBeNull();
});

test("the driven way is cut where nothing was told", () => {
  const replay = ready([point(0, 0), point(5, 50), point(10, 100), point(300, 3_000), point(305, 3_050)]);
  expect(drivenParts(replay).map((part) => part.length)).toEqual([3, 2]);
});

test("a degree of latitude is 111.2 km", () => {
  expect(distanceBetween({ time_ms: 0, lat: 52, lon: 13 }, { time_ms: 0, lat: 53, lon: 13 })).toBeCloseTo(111_195, 0);
});

describe("the time in an address", () => {
  test("is read back to the second", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (timeMs) => {
        expect(timeOf(timeText(timeMs))).toBe(Math.floor(timeMs / 1_000) * 1_000);
      }),
    );
  });

  test("is none where the text is something else", () => {
    fc.assert(fc.property(fc.string(), (text) => timeOf(text) === null));
    expect(timeOf("2026-13-99T00:00:00Z")).toBeNull();
    expect(timeOf(null)).toBeNull();
  });
});

describe("a polyline", () => {
  test("is read as its inventor's example says", () => {
    expect(wayOf("_p~iF~ps|U_ulLnnqC_mqNvxq`@")).toEqual([
      [-120.2, 38.5],
      [-120.95, 40.7],
      [-126.453, 43.252],
    ]);
  });

  test("is read back as it was written", () => {
    const degrees = (most: number) => fc.integer({ min: -most * 1e5, max: most * 1e5 }).map((value) => value / 1e5);
    fc.assert(
      fc.property(fc.array(fc.tuple(degrees(180), degrees(90))), (way) => {
        expect(wayOf(polylineOf(way))).toEqual(way);
      }),
    );
  });

  test("comes to its end whatever it says", () => {
    fc.assert(fc.property(fc.string(), (text) => wayOf(text).length <= text.length));
  });
});

function polylineOf(way: readonly (readonly [number, number])[]): string {
  let [lastLat, lastLon] = [0, 0];
  return way
    .map(([lon, lat]) => {
      const [nextLat, nextLon] = [Math.round(lat * 1e5), Math.round(lon * 1e5)];
      const written = written5(nextLat - lastLat) + written5(nextLon - lastLon);
      [lastLat, lastLon] = [nextLat, nextLon];
      return written;
    })
    .join("");
}

function written5(value: number): string {
  let rest = value < 0 ? ~(value << 1) : value << 1;
  let text = "";
  for (; rest >= 0x20; rest >>= 5) text += String.fromCharCode((0x20 | (rest & 0x1f)) + 63);
  return text + String.fromCharCode(rest + 63);
}

function around(track: readonly TrackPoint[], timeMs: number): [TrackPoint, TrackPoint] {
  const before = track.findLast((each) => each.time_ms <= timeMs) ?? track[0];
  const after = track.find((each) => each.time_ms >= timeMs) ?? track.at(-1);
  if (before === undefined || after === undefined) throw new Error("the track has points");
  return [before, after];
}
