import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bodyOf,
  type Corner,
  type Draft,
  draftOf,
  EMPTY_CIRCLE,
  EMPTY_POLYGON,
  faultsOf,
  isDrawable,
  isSamePlace,
  newDraft,
  type Place,
  withCorner,
  withCornerAt,
  withoutCorner,
} from "../../src/geofences/draft";
import { geofences } from "./places";

const corners = fc.array(
  fc.record({
    lat: fc.double({ min: -85, max: 85, noNaN: true }),
    lon: fc.double({ min: -180, max: 180, noNaN: true }),
  }),
);

function named(place: Place, name = "Yard"): Draft {
  const draft = newDraft(place.kind);
  return { ...draft, place, facts: { ...draft.facts, name } };
}

function polygon(...points: readonly Corner[]): Place {
  return { ...EMPTY_POLYGON, corners: points };
}

describe("A draft", () => {
  test("of a geofence that was not touched is sent as the geofence was", () => {
    fc.assert(
      fc.property(geofences, (geofence) => {
        const { geofence_id, revision, ...body } = geofence;

        expect(bodyOf(draftOf(geofence))).toEqual(body);
        expect(draftOf(geofence)).toMatchObject({ geofenceId: geofence_id, revision });
      }),
    );
  });

  test("comes back from the worker as the draft that was sent", () => {
    fc.assert(
      fc.property(geofences, (geofence) => {
        const draft = draftOf(geofence);

        expect(draftOf({ ...bodyOf(draft), geofence_id: geofence.geofence_id, revision: geofence.revision })).toEqual(
          draft,
        );
      }),
    );
  });

  test("of any geofence that the worker told has no faults", () => {
    fc.assert(
      fc.property(geofences, (geofence) => {
        expect([...faultsOf(draftOf(geofence))]).toEqual([]);
      }),
    );
  });

  test("leaves out what says nothing, and white space around its name", () => {
    const draft = named({ kind: "circle", lat: 52, lon: 13, radiusM: 80 }, " Yard ");

    expect(bodyOf(draft)).toEqual({ name: "Yard", shape: { type: "circle", lat: 52, lon: 13, radius_m: 80 } });
  });

  test("that is new has no name and no place yet", () => {
    expect([...faultsOf(newDraft("circle"))]).toEqual([
      ["lat", "latOutside"],
      ["lon", "lonOutside"],
      ["name", "nameMissing"],
    ]);
    expect([...faultsOf(newDraft("polygon"))]).toEqual([
      ["corners", "cornersTooFew"],
      ["name", "nameMissing"],
    ]);
  });
});

describe("A circle", () => {
  test.each([5, 100_000])("may have a radius of %d m", (radiusM) => {
    expect(faultsOf(named({ kind: "circle", lat: 52, lon: 13, radiusM }))).toEqual(new Map());
  });

  test.each([4.99, 100_000.1, Number.NaN, -80])("may not have a radius of %d m", (radiusM) => {
    expect(faultsOf(named({ kind: "circle", lat: 52, lon: 13, radiusM }))).toEqual(
      new Map([["radius", "radiusOutside"]]),
    );
  });

  test("whose middle is not known is still being drawn", () => {
    expect(isDrawable(EMPTY_CIRCLE)).toBe(false);
    expect(isDrawable({ ...EMPTY_CIRCLE, lat: 52, lon: 13 })).toBe(true);
  });
});

describe("A polygon", () => {
  test("is still being drawn until it has three corners", () => {
    fc.assert(
      fc.property(corners, (points) => {
        expect(isDrawable(polygon(...points))).toBe(points.length >= 3);
      }),
    );
  });

  test("is sent closed: its first corner stands at the end again", () => {
    const place = polygon({ lat: 1, lon: 2 }, { lat: 3, lon: 4 }, { lat: 5, lon: 7 });

    expect(bodyOf(named(place)).shape).toEqual({
      type: "polygon",
      coordinates: [
        [
          [2, 1],
          [4, 3],
          [7, 5],
          [2, 1],
        ],
      ],
    });
  });

  test("keeps its holes when its corners change", () => {
    const holes = [
      [
        [0.1, 0.1],
        [0.2, 0.1],
        [0.2, 0.2],
        [0.1, 0.1],
      ],
    ] as const;
    const place = withCorner(
      {
        kind: "polygon",
        corners: [
          { lat: 0, lon: 0 },
          { lat: 0, lon: 1 },
        ],
        holes,
      },
      { lat: 1, lon: 1 },
    );

    expect(bodyOf(named(place)).shape).toMatchObject({ coordinates: [expect.anything(), holes[0]] });
  });

  test("may not have a corner that is nowhere", () => {
    const place = polygon({ lat: 1, lon: 2 }, { lat: 3, lon: 4 }, { lat: Number.NaN, lon: 7 });

    expect(faultsOf(named(place))).toEqual(new Map([["corners", "cornerOutside"]]));
  });

  test("may not have more points than the worker takes", () => {
    const many = Array.from({ length: 2_000 }, (_, at) => ({ lat: at / 1_000, lon: 1 }));

    expect(faultsOf(named(polygon(...many)))).toEqual(new Map([["corners", "cornersTooMany"]]));
    expect(faultsOf(named(polygon(...many.slice(1))))).toEqual(new Map());
  });

  test("is as before when a corner that was added last is taken away", () => {
    fc.assert(
      fc.property(corners, fc.constant({ lat: 1, lon: 2 }), (points, corner) => {
        const before = { ...EMPTY_POLYGON, corners: points };

        expect(isSamePlace(withoutCorner(withCorner(before, corner), points.length), before)).toBe(true);
      }),
    );
  });

  test("has a moved corner where it was moved to, and the others where they were", () => {
    const place = withCornerAt(withCorner(withCorner(EMPTY_POLYGON, { lat: 1, lon: 1 }), { lat: 2, lon: 2 }), 1, {
      lat: 9,
      lon: 9,
    });

    expect(place.corners).toEqual([
      { lat: 1, lon: 1 },
      { lat: 9, lon: 9 },
    ]);
  });
});

describe("Facts", () => {
  test.each([
    ["nameTooLong", { name: "n".repeat(201) }],
    ["tagTooLong", { tags: ["t".repeat(65)] }],
    ["tagsTooMany", { tags: Array.from({ length: 33 }, (_, at) => `tag ${at}`) }],
    ["tenantTooLong", { tenant: "t".repeat(65) }],
    ["speedOutside", { speedLimitMps: 0 }],
    ["speedOutside", { speedLimitMps: Number.NaN }],
    ["dwellOutside", { dwellLimitS: 2_592_001 }],
    ["stopAfterOutside", { stopAfterS: 29 }],
    ["stopAfterOutside", { stopAfterS: 121 }],
    ["hoursWithoutDay", { schedule: [{ days: [], start: "22:00", end: "06:00" }] }],
    ["hoursWithoutTime", { schedule: [{ days: ["mon" as const], start: "", end: "06:00" }] }],
  ])("are refused here before they are sent: %s", (fault, facts) => {
    const draft = named({ kind: "circle", lat: 52, lon: 13, radiusM: 80 });

    expect([...faultsOf({ ...draft, facts: { ...draft.facts, ...facts } }).values()]).toEqual([fault]);
  });
});
