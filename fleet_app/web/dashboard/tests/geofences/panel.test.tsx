import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Geofence } from "../../src/api/geofences";
import { type Role, session } from "../../src/api/session";
import { giveUp, keep } from "../../src/geofences/editing";
import { Geofences } from "../../src/geofences/panel";
import { refreshGeofences, selectedGeofenceId } from "../../src/geofences/shown";
import { units } from "../../src/units/preferences";
import { FakeWorker } from "./worker";

const DEPOT: Geofence = {
  geofence_id: "depot",
  name: "Depot",
  shape: { type: "circle", lat: 52, lon: 13, radius_m: 80 },
  tags: ["cold"],
  revision: 3,
};
let worker: FakeWorker;
let place: HTMLElement;

beforeEach(async () => {
  units.value = "metric";
  worker = new FakeWorker(DEPOT, { ...DEPOT, geofence_id: "yard", name: "Yard", tags: [] });
  vi.stubGlobal("fetch", worker.fetch);
  await refreshGeofences();
  logIn("dispatcher");
  place = document.createElement("div");
  document.body.append(place);
  await act(() => render(<Geofences />, place));
});

afterEach(async () => {
  await act(() => {
    giveUp();
    keep();
    selectedGeofenceId.value = null;
    render(null, place);
  });
  place.remove();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function logIn(role: Role, tenant: string | null = null): void {
  session.value = { name: "somebody", role, tenant, expires_ms: null, csrf_token: null };
}

function button(name: string): HTMLButtonElement {
  const found = [...place.querySelectorAll("button")].find((each) => each.textContent?.includes(name));
  if (found === undefined) throw new Error(`there is no button ${name}: ${place.textContent}`);
  return found;
}

function field(label: string): HTMLInputElement {
  const found = [...place.querySelectorAll("label")].find((each) => each.textContent === label);
  const input = found === undefined ? null : document.getElementById(found.htmlFor);
  if (!(input instanceof HTMLInputElement)) throw new Error(`there is no field ${label}`);
  return input;
}

async function click(name: string): Promise<void> {
  await act(() => button(name).click());
}

async function type(label: string, text: string): Promise<void> {
  await act(() => {
    const input = field(label);
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

async function pass(ms: number): Promise<void> {
  await act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });
}

test("who may look only is offered no change", async () => {
  await act(() => logIn("viewer"));
  await click("Depot");

  expect(place.textContent).toContain("Show on map");
  expect(place.textContent).not.toContain("New circle");
  expect(place.textContent).not.toContain("Edit");
  expect(place.textContent).not.toContain("Delete");
});

test("a circle is made without a map and without a pointer", async () => {
  await click("New circle");
  await type("Latitude, degrees", "52,43");
  await type("Longitude, degrees", "13.53");
  await type("Radius, m", "120");
  await type("Name", "Harbour");
  await type("Speed limit, km/h", "36");
  await click("Save");

  await vi.waitFor(() => expect(place.textContent).toContain("Show on map"));
  expect(worker.get("made-2")).toMatchObject({
    name: "Harbour",
    shape: { type: "circle", lat: 52.43, lon: 13.53, radius_m: 120 },
    speed_limit_mps: 10,
  });
});

test("a number stands as it is typed, until it is another one", async () => {
  await click("New circle");
  await type("Radius, m", "120.0");

  expect(field("Radius, m").value).toBe("120.0");

  await act(() => {
    units.value = "imperial";
  });
  expect(field("Radius, ft").value).toBe("393.7");
});

test("a form that cannot be saved says why beside the field, and goes there", async () => {
  await click("New circle");
  await type("Latitude, degrees", "52");
  await type("Longitude, degrees", "13");
  await click("Save");

  expect(document.activeElement).toBe(field("Name"));
  expect(field("Name").getAttribute("aria-invalid")).toBe("true");
  expect(place.textContent).toContain("Give it a name");
});

test("whoever gives up is back at the list, and nothing is sent", async () => {
  await click("Depot");
  await click("Edit facts");
  await type("Name", "Mine");
  button("Cancel").focus();
  await click("Cancel");

  expect(document.activeElement?.textContent).toBe("Geofences");
  expect(worker.get("depot")).toEqual(DEPOT);
});

test("whose it is can be said of a new one, by who sees all tenants", async () => {
  await click("New circle");
  expect(field("Tenant").value).toBe("");

  await act(() => logIn("dispatcher", "north"));
  expect(() => field("Tenant")).toThrow();
});

test("what somebody else has changed is told, with what is different", async () => {
  await click("Depot");
  await click("Edit facts");
  await type("Name", "Mine");
  worker.before = () => worker.set({ ...DEPOT, name: "Theirs", dwell_limit_s: 600, revision: 4 });
  await click("Save");

  await vi.waitFor(() =>
    expect(place.textContent).toContain("There is revision 4 now. Different: name (Theirs), dwell limit (10 min)."),
  );
  await click("Overwrite it with this");
  await vi.waitFor(() => expect(place.textContent).toContain("Show on map"));
  expect(worker.get("depot")).toMatchObject({ name: "Mine", revision: 5 });
});

test("nothing is deleted before that is confirmed", async () => {
  await click("Depot");
  await click("Delete");
  await click("Keep it");
  expect(worker.get("depot")).toEqual(DEPOT);

  await click("Delete");
  const confirm = place.querySelector("dialog .button--danger");
  await act(() => (confirm as HTMLButtonElement).click());

  await vi.waitFor(() => expect(place.textContent).toContain("1 geofence"));
  expect(worker.get("depot")).toBeUndefined();
});

test("who is inside is told, and who comes and goes while one looks", async () => {
  vi.useFakeTimers();
  worker.vehicles = [
    { vehicle_id: "van-1", last: { time_ms: 1_000 }, profile: { name: "Van 1" }, geofence_ids: ["depot"] },
  ];
  await click("Depot");
  await pass(0);
  expect(place.textContent).toContain("1 vehicle is inside now");
  expect(place.textContent).toContain("Nobody has come or left since");

  worker.vehicles = [{ vehicle_id: "van-2", last: { time_ms: 1_000 }, profile: null, geofence_ids: ["depot"] }];
  await pass(2_000);

  expect(place.querySelector(".geofence__seen")?.textContent).toMatch(/van-2 entered at [0-9:]{8}Van 1 left/);
  expect(place.querySelector(".geofence__inside [aria-live=polite]")?.textContent).toContain("van-2 entered");
});

test("the search narrows the list, and the selected one stays in it", async () => {
  await click("Yard");
  const search = place.querySelector<HTMLInputElement>("input[type=search]");
  await act(() => {
    if (search === null) return;
    search.value = "cold";
    search.dispatchEvent(new Event("input", { bubbles: true }));
  });

  expect(place.textContent).toContain("1 of 2 geofences");
  expect([...place.querySelectorAll(".geofence__name")].map((name) => name.textContent)).toEqual(["Yard", "Depot"]);
});
