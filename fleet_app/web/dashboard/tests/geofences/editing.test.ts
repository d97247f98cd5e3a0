import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Geofence } from "../../src/api/geofences";
import {
  askToDelete,
  beginChange,
  beginNew,
  confirmDelete,
  deleting,
  done,
  editing,
  giveUp,
  keep,
  overwrite,
  putFacts,
  putPlace,
  save,
  shownFaults,
  takeNewer,
} from "../../src/geofences/editing";
import { geofences, refreshGeofences, selectedGeofenceId } from "../../src/geofences/shown";
import { FakeWorker } from "./worker";

const DEPOT: Geofence = {
  geofence_id: "depot",
  name: "Depot",
  shape: { type: "circle", lat: 52, lon: 13, radius_m: 80 },
  revision: 3,
};
const THEIRS = { ...DEPOT, name: "Theirs", revision: 4 };
let worker: FakeWorker;

beforeEach(() => {
  worker = new FakeWorker(DEPOT);
  vi.stubGlobal("fetch", worker.fetch);
});

afterEach(() => {
  giveUp();
  keep();
  selectedGeofenceId.value = null;
  vi.unstubAllGlobals();
});

test("what is wrong with a new one is said when it is to be saved, and nothing is sent", async () => {
  beginNew("circle");
  expect(shownFaults.value.size).toBe(0);

  expect(await save()).toBe(false);

  expect([...shownFaults.value.keys()]).toEqual(["lat", "lon", "name"]);
  expect(worker.asked).toEqual([]);
});

test("a new one that is saved is listed and selected", async () => {
  beginNew("circle");
  putFacts({ name: "Yard" });
  putPlace({ kind: "circle", lat: 52, lon: 13, radiusM: 80 });

  expect(await save()).toBe(true);

  expect(editing.value).toBeNull();
  expect(geofences.value?.map(({ name }) => name)).toEqual(["Depot", "Yard"]);
  expect(selectedGeofenceId.value).toBe("made-1");
  expect(done.value).toContain("Yard");
});

test("what somebody else has changed meanwhile is not overwritten unasked", async () => {
  beginChange(DEPOT, "facts");
  putFacts({ name: "Mine" });
  worker.before = () => worker.set(THEIRS);

  expect(await save()).toBe(false);

  expect(editing.value?.trouble).toEqual({ kind: "overtaken", newer: THEIRS });
  expect(worker.get("depot")).toEqual(THEIRS);
});

test("it is overwritten when that is asked for", async () => {
  beginChange(DEPOT, "facts");
  putFacts({ name: "Mine" });
  worker.before = () => worker.set(THEIRS);
  await save();

  expect(await overwrite(THEIRS)).toBe(true);

  expect(worker.get("depot")).toMatchObject({ name: "Mine", revision: 5 });
});

test("one goes on from the newer one when that is looked at", async () => {
  beginChange(DEPOT, "facts");
  putFacts({ name: "Mine" });
  worker.before = () => worker.set(THEIRS);
  await save();

  takeNewer(THEIRS);

  expect(editing.value).toMatchObject({
    parts: ["facts"],
    trouble: null,
    draft: { revision: 4, facts: { name: "Theirs" } },
  });
});

test("what was deleted meanwhile is made anew when that is asked for", async () => {
  beginChange(DEPOT, "facts");
  worker.before = () => worker.delete("depot");
  await save();
  expect(editing.value?.trouble).toEqual({ kind: "overtaken", newer: null });

  expect(await overwrite(null)).toBe(true);

  expect(worker.get("depot")).toMatchObject({ name: "Depot", revision: 1 });
});

test("a change that is found done, as by a worker that could not say so, is saved", async () => {
  beginChange(DEPOT, "facts");
  putFacts({ name: "Theirs" });
  worker.before = () => worker.set(THEIRS);

  expect(await save()).toBe(true);
});

test("the worker's words stand beside what they are about", async () => {
  beginChange(DEPOT, "place");
  worker.problem = {
    status: 400,
    detail: "the geofence cannot be used, nothing was sent: lat 85.5 is too near to a pole",
  };

  await save();

  expect(editing.value?.trouble).toMatchObject({ kind: "refused", field: "lat" });
});

test("what is typed while it is sent changes nothing", async () => {
  beginChange(DEPOT, "facts");
  putFacts({ name: "Mine" });
  worker.before = () => putFacts({ name: "Too late" });

  await save();

  expect(worker.get("depot")?.name).toBe("Mine");
});

test("whoever gives up while it is sent is not brought back to the form", async () => {
  beginChange(DEPOT, "facts");
  worker.problem = { status: 503, detail: "not confirmed" };
  worker.before = giveUp;

  await save();

  expect(editing.value).toBeNull();
});

test("one that is deleted is listed and selected no more", async () => {
  await refreshGeofences();
  selectedGeofenceId.value = "depot";
  askToDelete(DEPOT);

  await confirmDelete();

  expect(deleting.value).toBeNull();
  expect(geofences.value).toEqual([]);
  expect(selectedGeofenceId.value).toBeNull();
});

test("what somebody else has changed meanwhile is not deleted unasked", async () => {
  askToDelete(DEPOT);
  worker.before = () => worker.set(THEIRS);

  await confirmDelete();

  expect(deleting.value?.trouble).toEqual({ kind: "overtaken", newer: THEIRS });
  expect(worker.get("depot")).toEqual(THEIRS);
});

test("what somebody else has deleted meanwhile is deleted", async () => {
  askToDelete(DEPOT);
  worker.before = () => worker.delete("depot");

  await confirmDelete();

  expect(deleting.value).toBeNull();
});
