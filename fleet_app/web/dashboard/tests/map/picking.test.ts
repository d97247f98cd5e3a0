import fc from "fast-check";
import { expect, test } from "vitest";
import { begin, courseOf, drawnAt, goOn } from "../../src/map/motion";
import { nearest, reachAt } from "../../src/map/picking";

const START_MS = 1_800_000_000_000;
const ZOOM = 14;
const PIXEL = reachAt(ZOOM) / 22;

function candidate(name: string, lon: number, isShown = true, lat = 0) {
  const fix = { timeMs: START_MS, lat, lon, speedMps: 10, headingDeg: 90, isMoving: true };
  const next = { ...fix, timeMs: START_MS + 5_000, lon: lon + 0.0005 };
  return { name, isShown, course: courseOf(goOn(begin(fix, START_MS), next, START_MS + 5_000)) };
}

type Candidate = ReturnType<typeof candidate>;

const drawn = ({ course }: Candidate) => drawnAt(course, START_MS + 7_000);

function found(candidates: readonly Candidate[], at: { x: number; y: number }): string | null {
  return nearest(candidates, drawn, at, reachAt(ZOOM))?.name ?? null;
}

test("what is drawn nearest is meant, not what was told nearest", () => {
  const [a, b] = [candidate("a", 0), candidate("b", 0.0009)];

  expect(found([a, b], { x: drawn(a).x + 2 * PIXEL, y: 0.5 })).toBe("a");
});

test("a click 22 pixels away still means it, one further away does not", () => {
  const a = candidate("a", 0);

  expect(found([a], { x: drawn(a).x + 21.9 * PIXEL, y: 0.5 })).toBe("a");
  expect(found([a], { x: drawn(a).x + 22.1 * PIXEL, y: 0.5 })).toBeNull();
});

test("what is not shown is not meant", () => {
  const a = candidate("a", 0, false);

  expect(found([a], drawn(a))).toBeNull();
});

test("a vehicle is found in every copy of the world", () => {
  const a = candidate("a", 179.9);

  expect(found([a], { x: drawn(a).x - 1, y: drawn(a).y })).toBe("a");
});

test("passing over what cannot be near changes nothing", () => {
  const anywhere = fc.tuple(
    fc.double({ min: -0.02, max: 0.02, noNaN: true }),
    fc.double({ min: -0.02, max: 0.02, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(anywhere, { maxLength: 20 }), anywhere, (places, [lon, lat]) => {
      const candidates = places.map(([eachLon, eachLat], index) => candidate(String(index), eachLon, true, eachLat));
      const at = drawnAt(candidate("at", lon, true, lat).course, START_MS);
      const distances = candidates.map((each) => Math.hypot(drawn(each).x - at.x, drawn(each).y - at.y));
      const best = Math.min(...distances, Number.POSITIVE_INFINITY);
      const name = found(candidates, at);

      expect(name === null ? best > reachAt(ZOOM) : distances[Number(name)] === best).toBe(true);
    }),
  );
});
