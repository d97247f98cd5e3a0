import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pageSettings, refreshPageSettings } from "../../src/api/page_settings";
import { fleetZone } from "../../src/units/preferences";

const asked = vi.fn<typeof fetch>();
const SETTINGS = {
  version: "0.1.0",
  timezone: "Europe/Berlin",
  workers: ["http://one:8080"],
  role: "viewer",
  map: { tiles: null, style_url: null },
};

beforeEach(() => {
  vi.stubGlobal("fetch", asked);
});

afterEach(() => {
  asked.mockReset();
  pageSettings.value = null;
  fleetZone.value = null;
  vi.unstubAllGlobals();
});

function answers(value: unknown, status = 200): void {
  asked.mockImplementation(() => Promise.resolve(new Response(JSON.stringify(value), { status })));
}

describe("the page's settings", () => {
  test("are what the worker tells, the fleet's time zone among them", async () => {
    answers(SETTINGS);
    await refreshPageSettings();

    expect(pageSettings.value).toEqual(SETTINGS);
    expect(fleetZone.value).toBe("Europe/Berlin");
  });

  test("stay the same object while nothing changes: a map is not drawn anew", async () => {
    answers(SETTINGS);
    await refreshPageSettings();
    const before = pageSettings.value;
    await refreshPageSettings();
    expect(pageSettings.value).toBe(before);

    answers({ ...SETTINGS, workers: ["http://one:8080", "http://two:8081"] });
    await refreshPageSettings();
    expect(pageSettings.value?.workers).toHaveLength(2);
  });

  test("are defaults where the worker has none", async () => {
    answers({ code: "no_such_route" }, 404);
    await refreshPageSettings();

    expect(pageSettings.value).toMatchObject({ workers: [], map: { tiles: null, style_url: null } });
  });

  test("stay as they were where the worker does not answer", async () => {
    answers(SETTINGS);
    await refreshPageSettings();
    asked.mockRejectedValue(new TypeError("Failed to fetch"));

    await expect(refreshPageSettings()).rejects.toMatchObject({ status: 0 });
    expect(pageSettings.value).toEqual(SETTINGS);
  });
});
