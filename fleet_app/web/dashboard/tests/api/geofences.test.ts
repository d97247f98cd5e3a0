import { afterEach, expect, test, vi } from "vitest";
import { type Geofence, make, put, readAll, remove } from "../../src/api/geofences";
import { FakeWorker } from "../geofences/worker";

const SHAPE = { type: "circle", lat: 52.43, lon: 13.53, radius_m: 120 } as const;
const BODY = { name: "Depot", shape: SHAPE };

function geofence(geofence_id: string, revision = 1): Geofence {
  return { ...BODY, geofence_id, revision };
}

function working(...geofences: readonly Geofence[]): FakeWorker {
  const worker = new FakeWorker(...geofences);
  vi.stubGlobal("fetch", worker.fetch);
  return worker;
}

afterEach(() => vi.unstubAllGlobals());

test("all pages are read, in order", async () => {
  const worker = working(...["e", "a", "c", "b", "d"].map((id) => geofence(id)));
  worker.pageSize = 2;

  const { geofences } = await readAll();

  expect(geofences.map(({ geofence_id }) => geofence_id)).toEqual(["a", "b", "c", "d", "e"]);
});

test("what says the same is not sent again, and the very object that was read before comes back", async () => {
  const worker = working(geofence("a"), geofence("b"), geofence("c"));
  worker.pageSize = 2;
  const before = await readAll();

  const again = await readAll(before);

  expect(again).toBe(before);
  expect(worker.asked.map(({ status }) => status)).toEqual([200, 200, 304, 304]);
});

test("what has changed is read again", async () => {
  const worker = working(geofence("a"), geofence("b"), geofence("c"));
  worker.pageSize = 2;
  const before = await readAll();
  worker.set({ ...geofence("c", 2), name: "Yard" });

  const { geofences } = await readAll(before);

  expect(geofences.map(({ name }) => name)).toEqual(["Depot", "Depot", "Yard"]);
});

test("a list that cannot be read whole is a problem", async () => {
  vi.stubGlobal("fetch", async () => Response.json({ detail: "reads it", code: "not_running" }, { status: 503 }));

  await expect(readAll()).rejects.toMatchObject({ status: 503, code: "not_running" });
});

test("one that is made has the id that the worker gave it", async () => {
  working();

  expect(await make(BODY)).toEqual({ became: "made", geofence: { ...BODY, geofence_id: "made-0", revision: 1 } });
});

test("one that is changed has the next revision", async () => {
  working(geofence("a", 3));

  expect(await put("a", { ...BODY, name: "Yard" }, 3)).toEqual({
    became: "changed",
    geofence: { ...BODY, name: "Yard", geofence_id: "a", revision: 4 },
  });
});

test("one that was deleted meanwhile is made anew where none was seen", async () => {
  working();

  expect(await put("a", BODY, 0)).toMatchObject({ became: "made" });
});

test("one whose id has everything that an address may not have is changed all the same", async () => {
  working(geofence("Berlin #1, 50 %?"));

  expect(await put("Berlin #1, 50 %?", BODY, 1)).toMatchObject({ became: "changed" });
});

test("one that is deleted is gone", async () => {
  const worker = working(geofence("a", 3));

  expect(await remove("a", 3)).toEqual({ became: "deleted" });
  expect(worker.get("a")).toBeUndefined();
});

test("a change that another one has overtaken is not made, and tells what there is now", async () => {
  const worker = working(geofence("a"));
  const theirs = { ...geofence("a", 2), name: "Theirs" };
  worker.before = () => worker.set(theirs);

  expect(await put("a", BODY, 1)).toEqual({ became: "overtaken", newer: theirs });
  expect(worker.get("a")).toEqual(theirs);
});

test("a change of what was deleted meanwhile tells that there is nothing any more", async () => {
  const worker = working(geofence("a"));
  worker.before = () => worker.delete("a");

  expect(await put("a", BODY, 1)).toEqual({ became: "overtaken", newer: null });
});

test("a conflict that is none of revisions is a refusal", async () => {
  const worker = working(geofence("a"));
  worker.problem = { status: 409, detail: "a geofence never moves to another tenant" };

  expect(await put("a", BODY, 1)).toEqual({ became: "refused", detail: "a geofence never moves to another tenant" });
});

test.each([
  [400, "refused"],
  [403, "refused"],
  [404, "unknown"],
  [500, "unavailable"],
  [503, "unavailable"],
])("a change that is answered with %d is %s", async (status, became) => {
  working(geofence("a")).problem = { status, detail: "why" };

  expect(await put("a", BODY, 1)).toMatchObject({ became });
});

test("a change that is not answered may have been made or not", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("connection refused")));

  expect(await make(BODY)).toEqual({ became: "unavailable", detail: "connection refused" });
});

test("a change that takes longer than one waits for it still counts", async () => {
  working(geofence("a")).isSlow = true;

  expect(await make(BODY)).toEqual({ became: "undecided" });
  expect(await put("a", BODY, 1)).toEqual({ became: "undecided" });
  expect(await remove("a", 1)).toEqual({ became: "undecided" });
});
