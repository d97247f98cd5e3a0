import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { drawnAt, mercatorX, mercatorY } from "../../src/map/motion";
import { BLOCK_ROWS, MovingFleet, ROW_FLOATS } from "../../src/map/moving_fleet";
import { NO_MARK } from "../../src/map/vehicle_shapes";
import { changed, START_MS, toldOf, vehicleOf } from "./vehicles";

const MARK = 17;

let fleet: MovingFleet;

beforeEach(() => {
  fleet = new MovingFleet(START_MS);
});

function rowOf(id: string): Float32Array {
  const row = fleet.rowOf(id) ?? Number.NaN;
  return fleet.rows.slice(row * ROW_FLOATS, (row + 1) * ROW_FLOATS);
}

/** Return where the shader puts the vehicle of a row: the same formula, on what the row holds. */
function drawnByRow(row: Float32Array, clockMs: number): readonly [number, number] {
  const [hx = 0, hy = 0, lx = 0, ly = 0, ax = 0, ay = 0, bx = 0, by = 0, gx = 0, gy = 0] = row;
  const clockS = Math.fround((clockMs - START_MS) / 1_000);
  const share = (at: number) => {
    const [from = 0, to = 0] = [row[at], row[at + 1]];
    return Math.min(Math.max((clockS - from) / Math.max(to - from, 0.001), 0), 1);
  };
  const [first, second, third] = [share(12), share(13), share(14)];
  const mix = (a: number, b: number, part: number) => a + (b - a) * part;
  return [
    hx + lx + mix(mix(ax, bx, first), 0, second) + gx * third,
    hy + ly + mix(mix(ay, by, first), 0, second) + gy * third,
  ];
}

describe("rows for the graphics card", () => {
  test("what the feed tells at first is where it was told", () => {
    for (const changes of toldOf(vehicleOf("a"), vehicleOf("b", { lat: -33 }))) fleet.apply(changes, START_MS);
    const [x, y] = drawnByRow(rowOf("b"), START_MS);

    expect(fleet.placed.length).toBe(2);
    expect(x).toBeCloseTo(mercatorX(13.4), 12);
    expect(y).toBeCloseTo(mercatorY(-33), 12);
  });

  test("the shader's numbers lead to where motion says, to a centimetre, all along the way", () => {
    const gap = fc.integer({ min: 500, max: 20_000 });
    const step = fc.double({ min: -0.002, max: 0.002, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(gap, step, step), { maxLength: 6 }), fc.nat(120_000), (steps, laterMs) => {
        fleet = new MovingFleet(START_MS);
        let last = vehicleOf("a");
        fleet.apply(changed(last), START_MS);
        for (const [gapMs, north, east] of steps) {
          last = vehicleOf("a", { timeMs: last.timeMs + gapMs, lat: last.lat + north, lon: last.lon + east });
          fleet.apply(changed(last), last.timeMs + 500);
        }
        const clockMs = START_MS + laterMs;
        const [x, y] = drawnByRow(rowOf("a"), clockMs);
        const course = fleet.get("a")?.course;
        const expected = course && drawnAt(course, clockMs);
        const metre = 1 / 40_000_000;

        expect(Math.abs(x - (expected?.x ?? Number.NaN))).toBeLessThan(0.02 * metre);
        expect(Math.abs(y - (expected?.y ?? Number.NaN))).toBeLessThan(0.02 * metre);
      }),
    );
  });

  test("are counted from a new time before floats get too coarse, and all of them are passed on again", () => {
    fleet.apply(changed(vehicleOf("a")), START_MS);
    fleet.takeDirty();

    expect(fleet.baseFor(START_MS + 1_000_000)).toBe(START_MS);
    expect(fleet.takeDirty()).toEqual([]);
    expect(fleet.baseFor(START_MS + 2_000_000)).toBe(START_MS + 2_000_000);
    expect(fleet.takeDirty()).toEqual([{ from: 0, to: 1 }]);
  });

  test("only blocks with changes are passed on", () => {
    const vehicles = Array.from({ length: 3 * BLOCK_ROWS }, (_, index) => vehicleOf(`v${index}`));
    fleet.apply(changed(...vehicles), START_MS);
    fleet.takeDirty();
    fleet.apply(changed(vehicleOf("v70", { timeMs: START_MS + 1_000 })), START_MS + 1_000);

    expect(fleet.takeDirty()).toEqual([{ from: BLOCK_ROWS, to: 2 * BLOCK_ROWS }]);
    expect(fleet.takeDirty()).toEqual([]);
  });

  test("there is room for more vehicles than at first", () => {
    const vehicles = Array.from({ length: 5_000 }, (_, index) => vehicleOf(`v${index}`, { lon: index / 1_000 }));
    fleet.apply(changed(...vehicles), START_MS);

    expect(drawnByRow(rowOf("v4999"), START_MS)[0]).toBeCloseTo(mercatorX(4.999), 12);
    expect(fleet.takeDirty()).toEqual([{ from: 0, to: 5_000 }]);
  });
});

describe("vehicles that go", () => {
  test("leave no hole, and the others where they were", () => {
    const ids = fc.constantFrom("a", "b", "c", "d", "e");
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), ids)), (happenings) => {
        fleet = new MovingFleet(START_MS);
        const expected = new Set<string>();
        for (const [comes, id] of happenings) {
          fleet.apply({ isReset: false, gone: comes ? [] : [id], changed: comes ? [vehicleOf(id)] : [] }, START_MS);
          expected[comes ? "add" : "delete"](id);
        }

        expect(new Set(fleet.placed.map(({ vehicle }) => vehicle.names.vehicleId))).toEqual(expected);
        expect(fleet.placed.map(({ vehicle }) => fleet.rowOf(vehicle.names.vehicleId))).toEqual([
          ...fleet.placed.keys(),
        ]);
      }),
    );
  });

  test("a reset forgets all, and how they moved", () => {
    fleet.apply(changed(vehicleOf("a"), vehicleOf("b")), START_MS);
    fleet.apply({ isReset: true, gone: [], changed: [vehicleOf("b", { timeMs: START_MS + 5_000 })] }, START_MS);

    expect(fleet.get("a")).toBeNull();
    expect(fleet.get("b")?.motion.known.length).toBe(1);
  });
});

describe("what is shown", () => {
  test("vehicles that are not are not drawn, those that come later included", () => {
    fleet.apply(changed(vehicleOf("a"), vehicleOf("b")), START_MS);
    fleet.show((id) => id === "a");
    fleet.apply(changed(vehicleOf("c")), START_MS);

    expect([rowOf("a")[MARK], rowOf("b")[MARK], rowOf("c")[MARK]]).toEqual([0, NO_MARK, NO_MARK]);
  });

  test("nothing is passed on again for those of which that stays", () => {
    fleet.apply(changed(vehicleOf("a")), START_MS);
    fleet.takeDirty();
    fleet.show(() => true);

    expect(fleet.takeDirty()).toEqual([]);
  });

  test("without animation a vehicle is at its newest fix", () => {
    fleet.apply(changed(vehicleOf("a")), START_MS);
    fleet.apply(changed(vehicleOf("a", { timeMs: START_MS + 5_000, lon: 13.401 })), START_MS + 5_000);
    fleet.isAnimated = false;
    const placed = fleet.get("a");

    expect(placed && fleet.drawn(placed, START_MS + 5_000).x).toBe(mercatorX(13.401));
  });
});

test("a fleet that stands needs no frames", () => {
  const parked = { state: "stop", speedMps: 0 } as const;
  fleet.apply(changed(vehicleOf("a", parked)), START_MS);
  fleet.apply(changed(vehicleOf("a", { ...parked, timeMs: START_MS + 60_000 })), START_MS + 60_000);

  expect(fleet.movesUntilMs).toBe(Number.NEGATIVE_INFINITY);
});
