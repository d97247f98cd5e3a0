import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Place, Quality, RefusedPlace } from "../../src/api/vehicles";
import {
  allInOrder,
  boundsOf,
  crossesOf,
  dotsOf,
  newestFirst,
  placesToLookAt,
  silenceMs,
  waysOf,
} from "../../src/why/why_map";

const STEP_MS = 300_000;
const nothing = { sent: 0, accepted: 0, refused: {}, waiting: 0, late: 0 };

function qualityOf(accepted: readonly Place[], refused: readonly RefusedPlace[] = []): Quality {
  return {
    from_ms: 0,
    to_ms: 86_400_000,
    span: nothing,
    all_time: nothing,
    accepted: { count: accepted.length, items: accepted },
    refused: { count: refused.length, items: refused },
  };
}

function refusedAt(place: Partial<RefusedPlace>): RefusedPlace {
  return { reason: "duplicate", time_ms: 0, lat: 52, lon: 13, received_ms: 0, offset: 0, ...place };
}

const place = fc.record({
  time_ms: fc.nat(86_400_000),
  lat: fc.double({ min: -85, max: 85, noNaN: true }),
  lon: fc.double({ min: -180, max: 180, noNaN: true }),
});
const track = fc.array(place, { maxLength: 60 }).map((places) => places.sort((a, b) => a.time_ms - b.time_ms));

describe("the way on the map", () => {
  test("is broken where the vehicle was silent", () => {
    const times = [0, 5_000, 10_000, 10_000 + STEP_MS + 1, 10_005 + STEP_MS + 5_000];
    const ways = waysOf(qualityOf(times.map((time_ms) => ({ time_ms, lat: 52, lon: 13 }))), "accepted", STEP_MS);

    expect(ways.features.map(({ geometry }) => geometry.coordinates.length)).toEqual([3, 2]);
  });

  test("never goes the long way around the world", () => {
    fc.assert(
      fc.property(track, (accepted) => {
        const { features } = waysOf(qualityOf(accepted), "accepted", STEP_MS);
        const steps = features.flatMap(({ geometry: { coordinates } }) =>
          coordinates.slice(1).map(([lon = 0], index) => Math.abs(lon - (coordinates[index]?.[0] ?? 0))),
        );

        expect(Math.max(0, ...steps)).toBeLessThanOrEqual(180 + 1e-9);
      }),
    );
  });

  test("goes through refused positions only where all that was sent is asked for", () => {
    const accepted = [0, 10_000].map((time_ms) => ({ time_ms, lat: 52, lon: 13 }));
    const quality = qualityOf(accepted, [refusedAt({ time_ms: 5_000, lat: 53 })]);
    const lats = (shown: "sent" | "both" | "accepted") =>
      waysOf(quality, shown, STEP_MS).features.map(({ geometry }) => geometry.coordinates.map(([, lat]) => lat));

    expect(lats("accepted")).toEqual([[52, 52]]);
    expect(lats("both")).toEqual([[52, 52]]);
    expect(lats("sent")).toEqual([[52, 53, 52]]);
  });

  test("is broken by a silence as long as makes a vehicle offline", () => {
    expect([silenceMs(null), silenceMs(5), silenceMs(600)]).toEqual([300_000, 300_000, 3_000_000]);
  });
});

describe("marks on the map", () => {
  const quality = qualityOf([{ time_ms: 0, lat: 52, lon: 13 }], [refusedAt({ reason: "excursion", lat: 1, lon: 2 })]);

  test("are a dot for each accepted position", () => {
    expect(dotsOf(quality).features.map(({ geometry }) => geometry.coordinates)).toEqual([[13, 52]]);
  });

  test("are a cross with the reason for each refused one, where it claimed to be", () => {
    const [cross] = crossesOf(quality, "both").features;

    expect(cross?.geometry.coordinates).toEqual([2, 1]);
    expect(cross?.properties).toEqual({ index: 0, label: "There and back" });
  });

  test("leave refused ones out where only accepted ones are asked for", () => {
    expect(crossesOf(quality, "accepted").features).toEqual([]);
  });
});

describe("what a map looks at", () => {
  test("holds all places, and is no wider than the world", () => {
    fc.assert(
      fc.property(fc.array(place, { minLength: 1 }), (places) => {
        const bounds = boundsOf(places);
        const [[west, south], [east, north]] = bounds ?? [
          [0, 0],
          [0, 0],
        ];
        const isWithin = (lon: number) =>
          [lon - 360, lon, lon + 360].some((turn) => turn >= west - 1e-6 && turn <= east + 1e-6);

        expect(places.every(({ lat }) => lat >= south && lat <= north)).toBe(true);
        expect(places.every(({ lon }) => isWithin(lon))).toBe(true);
      }),
    );
  });

  test("is small for places on both sides of the antimeridian", () => {
    const [[west], [east]] = boundsOf([179.9, -179.9].map((lon) => ({ time_ms: 0, lat: 0, lon }))) ?? [[0], [0]];

    expect(east - west).toBeCloseTo(0.2);
  });

  test("is nothing where there are no places", () => {
    expect(boundsOf([])).toBeNull();
  });

  test("is what was accepted, and what was refused only if there is nothing else", () => {
    const refused = [refusedAt({})];
    const accepted = [{ time_ms: 0, lat: 52, lon: 13 }];

    expect(placesToLookAt(qualityOf(accepted, refused))).toEqual(accepted);
    expect(placesToLookAt(qualityOf([], refused))).toEqual(refused);
  });
});

describe("what was sent", () => {
  test("is put in the order of the device's times, and nothing is lost", () => {
    fc.assert(
      fc.property(track, fc.array(place), (accepted, claimed) => {
        const refused = claimed.map((each) => refusedAt(each));
        const all = allInOrder(qualityOf(accepted, refused));
        const times = [...accepted, ...refused].map(({ time_ms }) => time_ms).sort((a, b) => a - b);

        expect(all.map(({ time_ms }) => time_ms)).toEqual(times);
      }),
    );
  });

  test("is listed with what came in last first", () => {
    const refused = [1, 3, 3, 2].map((received_ms) => refusedAt({ received_ms }));

    expect(newestFirst(refused).map(({ index }) => index)).toEqual([2, 1, 3, 0]);
  });
});
