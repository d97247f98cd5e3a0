import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  begin,
  type Course,
  courseOf,
  distanceM,
  drawnAt,
  drawnStill,
  type Fix,
  goOn,
  isJump,
  LONGEST_INTERVAL_MS,
  latOf,
  lonOf,
  type Motion,
  mercatorX,
  mercatorY,
  restsFromMs,
} from "../../src/map/motion";

const START_MS = 1_800_000_000_000;
/** How long a fix takes to come in. */
const LAG_MS = 700;
const METRES_PER_DEGREE = 111_319.49;

function fix(timeMs: number, eastM: number, more: Partial<Fix> = {}): Fix {
  const place = { lat: 0, lon: eastM / METRES_PER_DEGREE };
  return { timeMs: START_MS + timeMs, ...place, speedMps: 10, headingDeg: 90, isMoving: true, ...more };
}

function motionOf(fixes: readonly Fix[], lagMs = LAG_MS): Motion {
  const [first, ...others] = fixes;
  if (first === undefined) throw new Error("no fix");
  return others.reduce((motion, each) => goOn(motion, each, each.timeMs + lagMs), begin(first, first.timeMs + lagMs));
}

function eastOf(course: Course, clockMs: number): number {
  return lonOf(drawnAt(course, clockMs).x) * METRES_PER_DEGREE;
}

/** A drive east: one fix every five seconds at 10 m/s. */
const drive = motionOf([fix(0, 0), fix(5_000, 50), fix(10_000, 100), fix(15_000, 150)]);

describe("a vehicle that reports every five seconds", () => {
  test("is drawn one interval behind what came in", () => {
    const heardMs = START_MS + 15_000 + LAG_MS;

    expect(eastOf(courseOf(drive), heardMs)).toBeCloseTo(100, 3);
    expect(eastOf(courseOf(drive), heardMs + 5_000)).toBeCloseTo(150, 3);
  });

  test("moves steadily over a known fix and over the coming in of another", () => {
    const before = courseOf(drive);
    const after = courseOf(goOn(drive, fix(20_000, 200), START_MS + 20_000 + LAG_MS + 400));
    const clockMs = START_MS + 20_000 + LAG_MS;

    expect(eastOf(before, clockMs - 100)).toBeCloseTo(149, 3);
    expect(eastOf(after, clockMs - 100)).toBeCloseTo(149, 3);
    expect(eastOf(after, clockMs + 100)).toBeCloseTo(151, 3);
  });

  test("goes on for two intervals when the next fix is late, and fades there", () => {
    const course = courseOf(drive);
    const newestMs = START_MS + 15_000 + LAG_MS + 5_000;

    expect(eastOf(course, newestMs + 4_000)).toBeCloseTo(190, 1);
    expect(drawnAt(course, newestMs + 4_000).fade).toBe(0);
    expect(eastOf(course, newestMs + 60_000)).toBeCloseTo(250, 1);
    expect(drawnAt(course, newestMs + 60_000).fade).toBe(1);
  });

  test("stays where it is when it stands, and does not fade", () => {
    const parked = courseOf(motionOf([fix(0, 0), fix(5_000, 3, { isMoving: false, speedMps: 2 })]));

    expect(eastOf(parked, START_MS + 3_600_000)).toBeCloseTo(3, 6);
    expect(drawnAt(parked, START_MS + 3_600_000).fade).toBe(0);
  });

  test("jumps over a gap of more than two intervals", () => {
    const course = courseOf(goOn(drive, fix(30_000, 300), START_MS + 30_000 + LAG_MS));

    expect(eastOf(course, START_MS)).toBeCloseTo(300, 3);
    expect(eastOf(course, START_MS + 30_000 + LAG_MS)).toBeCloseTo(300, 3);
  });

  test("is drawn from the first when its clock is wrong by an hour", () => {
    const fast = motionOf([fix(0, 0), fix(5_000, 50), fix(10_000, 100)], -3_600_000);

    expect(eastOf(courseOf(fast), START_MS + 10_000 - 3_600_000)).toBeCloseTo(50, 3);
  });

  test("goes back at once when its newest position was refused", () => {
    const course = courseOf(goOn(drive, fix(12_000, 120), START_MS + 16_000));

    expect(eastOf(course, START_MS + 16_000)).toBeCloseTo(120, 3);
  });

  test("takes another state over without another position", () => {
    const halted = goOn(drive, fix(15_000, 150, { isMoving: false }), START_MS + 18_000);

    expect(halted.delayMs).toBe(drive.delayMs);
    expect(courseOf(halted).fadesFromMs).toBe(Number.POSITIVE_INFINITY);
    expect(eastOf(courseOf(halted), START_MS + 90_000)).toBeCloseTo(150, 3);
  });

  test("without animation is at its newest fix", () => {
    expect(lonOf(drawnStill(courseOf(drive), START_MS).x) * METRES_PER_DEGREE).toBeCloseTo(150, 3);
  });
});

describe("a vehicle of which one position is known", () => {
  const course = courseOf(begin(fix(0, 10), START_MS + 40_000));

  test("is drawn there whatever time it is", () => {
    expect(eastOf(course, START_MS)).toBeCloseTo(10, 6);
    expect(eastOf(course, START_MS + 3_600_000)).toBeCloseTo(10, 6);
  });

  test("fades when nothing more is told for longer than the longest interval", () => {
    expect(drawnAt(course, START_MS + 40_000 + LONGEST_INTERVAL_MS).fade).toBe(0);
    expect(drawnAt(course, START_MS + 40_000 + 2 * LONGEST_INTERVAL_MS).fade).toBe(1);
  });
});

test("a heading turns the short way round", () => {
  const motion = motionOf([fix(0, 0, { headingDeg: 350 }), fix(5_000, 50, { headingDeg: 10 })]);

  expect(drawnAt(courseOf(motion), START_MS + 5_000 + LAG_MS + 2_500).headingDeg).toBeCloseTo(0, 6);
});

test("a heading that is not told is the direction in which it went", () => {
  const motion = motionOf([fix(0, 0, { headingDeg: null }), fix(5_000, 50, { headingDeg: null })]);

  expect(drawnAt(courseOf(motion), START_MS + 60_000).headingDeg).toBeCloseTo(90, 6);
});

test("a vehicle over the antimeridian goes next to it and not around the world", () => {
  const [west, east] = [fix(0, 0, { lon: 179.9999 }), fix(5_000, 0, { lon: -179.9999 })];
  const course = courseOf(motionOf([west, east]));

  expect(course.x[2] - course.x[1]).toBeCloseTo(0.0002 / 360, 9);
});

test.each([
  ["five seconds, as always", 5_000, 50, 5_000, false],
  ["two intervals and what the feed holds back", 11_000, 50, 5_000, false],
  ["more than two intervals", 11_001, 50, 5_000, true],
  ["over a minute, however seldom it reports", 60_001, 50, 45_000, true],
  ["faster than anything on wheels", 5_000, 351, 5_000, true],
])("a line is drawn or not: %s", (_, gapMs, eastM, intervalMs, expected) => {
  expect(isJump(fix(0, 0), fix(gapMs, eastM), intervalMs)).toBe(expected);
});

test("mercator and back is the same place", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -180, max: 180, noNaN: true }),
      fc.double({ min: -85, max: 85, noNaN: true }),
      (lon, lat) => {
        expect(lonOf(mercatorX(lon))).toBeCloseTo(lon, 9);
        expect(latOf(mercatorY(lat))).toBeCloseTo(lat, 9);
      },
    ),
  );
});

/** What devices send: times that stand still, jump and go back, places anywhere, speed and heading or none. */
const anyFix = fc.record({
  timeMs: fc.integer({ min: START_MS - 3_600_000, max: START_MS + 3_600_000 }),
  lat: fc.double({ min: -90, max: 90, noNaN: true }),
  lon: fc.double({ min: -180, max: 180, noNaN: true }),
  speedMps: fc.option(fc.double({ min: 0, max: 655, noNaN: true })),
  headingDeg: fc.option(fc.double({ min: 0, max: 360, noNaN: true })),
  isMoving: fc.boolean(),
});
const anyClock = fc.integer({ min: START_MS - 7_200_000, max: START_MS + 7_200_000 });
const anyLag = fc.integer({ min: -10_000, max: 90_000 });

/** A drive as they are: gaps of a few seconds, steps that a vehicle can go. */
const anyDrive = fc
  .array(fc.tuple(fc.integer({ min: 500, max: 12_000 }), fc.double({ min: 0, max: 30, noNaN: true })), {
    minLength: 1,
    maxLength: 12,
  })
  .map((steps) => {
    let [timeMs, eastM] = [0, 0];
    return steps.map(([gapMs, speedMps]) => {
      timeMs += gapMs;
      eastM += (speedMps * gapMs) / 1_000;
      return fix(timeMs, eastM, { speedMps });
    });
  });

describe("whatever is told", () => {
  test("a vehicle is drawn somewhere on the map", () => {
    fc.assert(
      fc.property(fc.array(anyFix, { minLength: 1, maxLength: 12 }), anyLag, anyClock, (fixes, lagMs, clockMs) => {
        const drawn = drawnAt(courseOf(motionOf(fixes, lagMs)), clockMs);

        expect(Number.isFinite(drawn.x) && Number.isFinite(drawn.y)).toBe(true);
        expect(drawn.headingDeg ?? 0).toBeGreaterThanOrEqual(0);
        expect(drawn.fade).toBeGreaterThanOrEqual(0);
        expect(drawn.fade).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("it is never further ahead than its speed takes it in two intervals", () => {
    fc.assert(
      fc.property(fc.array(anyFix, { minLength: 1, maxLength: 12 }), anyLag, (fixes, lagMs) => {
        const motion = motionOf(fixes, lagMs);
        const newest = motion.known.at(-1) as Fix;
        const { x, y } = drawnAt(courseOf(motion), Number.MAX_SAFE_INTEGER);
        const reachM = ((newest.speedMps ?? 0) * 2 * motion.intervalMs) / 1_000;
        const isNearPole = Math.abs(newest.lat) > 80;

        expect(isNearPole || distanceM(newest, { lat: latOf(y), lon: lonOf(x) }) <= reachM * 1.02 + 0.01).toBe(true);
      }),
    );
  });

  test("it is exactly at each known fix when that is due", () => {
    fc.assert(
      fc.property(anyDrive, anyLag, (fixes, lagMs) => {
        const motion = motionOf(fixes, lagMs);
        const course = courseOf(motion);
        const due = motion.known.map((each) => drawnAt(course, each.timeMs + motion.delayMs).x);

        expect(due).toEqual(motion.known.map((each) => mercatorX(each.lon)));
      }),
    );
  });

  test("it never drives backwards between fixes that lead forwards", () => {
    fc.assert(
      fc.property(anyDrive, anyLag, anyClock, fc.nat(60_000), (fixes, lagMs, clockMs, laterMs) => {
        const course = courseOf(motionOf(fixes, lagMs));

        expect(drawnAt(course, clockMs + laterMs).x).toBeGreaterThanOrEqual(drawnAt(course, clockMs).x);
      }),
    );
  });

  test("nothing moves once it rests", () => {
    fc.assert(
      fc.property(anyDrive, anyLag, fc.nat(600_000), (fixes, lagMs, laterMs) => {
        const course = courseOf(motionOf(fixes, lagMs));
        const restsMs = Math.max(restsFromMs(course), START_MS);

        expect(drawnAt(course, restsMs + laterMs)).toEqual(drawnAt(course, restsMs));
      }),
    );
  });
});
