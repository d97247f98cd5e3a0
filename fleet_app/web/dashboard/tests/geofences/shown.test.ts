import { afterEach, expect, test, vi } from "vitest";
import type { Geofence } from "../../src/api/geofences";
import { collectionOf, geofences, geofencesProblem, refreshGeofences } from "../../src/geofences/shown";
import { FakeWorker } from "./worker";

function circle(geofence_id: string, radius_m: number, more: Partial<Geofence> = {}): Geofence {
  return {
    geofence_id,
    name: geofence_id,
    shape: { type: "circle", lat: 52, lon: 13, radius_m },
    revision: 1,
    ...more,
  };
}

afterEach(() => vi.unstubAllGlobals());

test("small ones lie on top of large ones", () => {
  const { features } = collectionOf([circle("small", 50), circle("town", 5_000), circle("depot", 120)]);

  expect(features.map(({ properties }) => properties.id)).toEqual(["town", "depot", "small"]);
});

test("limits and exemptions are told apart", () => {
  const { features } = collectionOf([
    circle("plain", 3),
    circle("slow", 2, { speed_limit_mps: 8, is_exempt: true }),
    circle("rest", 1, { is_exempt: true }),
  ]);

  expect(features.map(({ properties }) => properties.kind)).toEqual(["plain", "limited", "exempt"]);
});

test("holes are kept", () => {
  const ring = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 0],
  ] as const;

  const { features } = collectionOf([circle("a", 1, { shape: { type: "polygon", coordinates: [ring, ring] } })]);

  expect(features[0]?.geometry.coordinates).toEqual([ring, ring]);
});

test("what was read stays when it cannot be read again, and the problem is told until it can", async () => {
  const worker = new FakeWorker(circle("a", 50));
  vi.stubGlobal("fetch", worker.fetch);
  await refreshGeofences();

  vi.stubGlobal("fetch", async () => Response.json({ detail: "reads it" }, { status: 503 }));
  await refreshGeofences();

  expect(geofences.value).toHaveLength(1);
  expect(geofencesProblem.value).toMatchObject({ status: 503 });

  vi.stubGlobal("fetch", worker.fetch);
  await refreshGeofences();
  expect(geofencesProblem.value).toBeNull();
});

test("a change that was made while they were read is in what is read next", async () => {
  const worker = new FakeWorker(circle("a", 50));
  vi.stubGlobal("fetch", worker.fetch);

  const before = refreshGeofences();
  worker.set(circle("b", 50));
  await refreshGeofences();
  await before;

  expect(geofences.value?.map(({ geofence_id }) => geofence_id)).toEqual(["a", "b"]);
});
