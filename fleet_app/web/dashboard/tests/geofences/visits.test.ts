import fc from "fast-check";
import { expect, test } from "vitest";
import { afterLook, type Inside, NOTHING_SEEN } from "../../src/geofences/visits";

function inside(vehicleId: string, timeMs = 1_000): Inside {
  return { vehicleId, name: `Van ${vehicleId}`, timeMs };
}

function nowhere(): null {
  return null;
}

const looks = fc.array(fc.uniqueArray(fc.constantFrom("a", "b", "c", "d")), { minLength: 1, maxLength: 10 });

test("who is inside at the first look has not been seen to come", () => {
  const { visits, fresh } = afterLook(NOTHING_SEEN, [inside("a")], nowhere);

  expect(fresh).toEqual([]);
  expect([...(visits.inside ?? [])]).toEqual([["a", inside("a")]]);
});

test("a vehicle enters at the time of the position by which it was seen inside", () => {
  const first = afterLook(NOTHING_SEEN, [], nowhere);

  const { fresh } = afterLook(first.visits, [inside("a", 5_000)], nowhere);

  expect(fresh).toEqual([{ kind: "entered", vehicleId: "a", name: "Van a", timeMs: 5_000 }]);
});

test("a vehicle leaves at the time of its newest position, if that is known", () => {
  const first = afterLook(NOTHING_SEEN, [inside("a"), inside("b")], nowhere);

  const { visits } = afterLook(first.visits, [], (id) => (id === "a" ? 7_000 : null));

  expect(visits.seen).toEqual([
    { kind: "left", vehicleId: "a", name: "Van a", timeMs: 7_000 },
    { kind: "left", vehicleId: "b", name: "Van b", timeMs: null },
  ]);
});

test("comings and goings of each vehicle take turns, and end with where it is", () => {
  fc.assert(
    fc.property(looks, (each) => {
      let visits = NOTHING_SEEN;
      for (const ids of each)
        visits = afterLook(
          visits,
          ids.map((id) => inside(id)),
          nowhere,
        ).visits;

      for (const id of ["a", "b", "c", "d"]) {
        const kinds = visits.seen.filter(({ vehicleId }) => vehicleId === id).map(({ kind }) => kind);
        const here = visits.inside?.has(id) ? "entered" : "left";
        expect(kinds.every((kind, at) => kind === (at % 2 === 0 ? here : here === "left" ? "entered" : "left"))).toBe(
          true,
        );
      }
    }),
  );
});

test("only so many are kept", () => {
  let visits = NOTHING_SEEN;
  for (let look = 0; look < 120; look++)
    visits = afterLook(visits, look % 2 === 0 ? [] : [inside("a")], nowhere).visits;

  expect(visits.seen).toHaveLength(50);
});
