import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { around, frameMs, markScale } from "../../src/map/vehicle_layer";
import { componentsOf, markOf, tokenOf } from "../../src/map/vehicle_shapes";
import { SHOWN_STATES } from "../../src/vehicles/shown_state";

describe("frames", () => {
  test("are at most thirty a second", () => {
    expect(frameMs(0.1)).toBe(33);
  });

  test("are fewer where nothing moves fast enough to be seen", () => {
    expect(frameMs(6)).toBe(100);
    expect(frameMs(1_000)).toBe(250);
  });
});

test("marks are smaller where streets are close together, and never too small to be seen", () => {
  expect([markScale(3), markScale(14), markScale(20)]).toEqual([0.6, 1, 1]);
});

test("a matrix around a centre puts places where the one before did", () => {
  const entry = fc.double({ min: -2, max: 2, noNaN: true });
  fc.assert(
    fc.property(fc.array(entry, { minLength: 16, maxLength: 16 }), entry, entry, (matrix, x, y) => {
      const moved = around(matrix, [x, y]);
      const [, , , , , , , , , , , , tx = 0, ty = 0] = moved;
      const [a = 0, b = 0, , , c = 0, d = 0, , , , , , , e = 0, f = 0] = matrix;

      expect(tx).toBeCloseTo(a * x + c * y + e, 5);
      expect(ty).toBeCloseTo(b * x + d * y + f, 5);
    }),
  );
});

test("every state has a mark of its own, and an arrow that points nowhere is a dot", () => {
  const marks = SHOWN_STATES.map((state) => markOf(state, true));

  expect(new Set(marks).size).toBe(SHOWN_STATES.length);
  expect(markOf("moving", false)).toBe(16);
  expect(markOf("stop", false)).toBe(markOf("stop", true));
});

test("colours are those of the page's tokens", () => {
  expect(tokenOf("idle_probable")).toBe("--state-idle-probable");
  expect([...componentsOf("#ff0033")]).toEqual([1, 0, Math.fround(0.2)]);
});
