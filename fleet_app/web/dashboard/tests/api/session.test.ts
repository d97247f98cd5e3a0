import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { change, useCsrfToken } from "../../src/api/ask";
import { logInAddress, mayChange, refreshSession, session } from "../../src/api/session";

const asked = vi.fn<typeof fetch>();
const logIn = vi.fn();
const DISPATCHER = {
  name: "3f9a0c71be52",
  role: "dispatcher",
  tenant: "north",
  expires_ms: 1_800_000_000_000,
  csrf_token: "secret",
};

beforeEach(() => {
  vi.stubGlobal("fetch", asked);
});

afterEach(() => {
  asked.mockReset();
  logIn.mockReset();
  session.value = null;
  useCsrfToken(null);
  vi.unstubAllGlobals();
});

function answers(value: unknown, status = 200): void {
  asked.mockImplementation(() => Promise.resolve(new Response(JSON.stringify(value), { status })));
}

describe("the session", () => {
  test("says who looks, and lends its token to changes", async () => {
    answers(DISPATCHER);
    await refreshSession(logIn);
    await change("PUT", "/api/geofences/yard", {}, "new");

    expect(session.value).toEqual(DISPATCHER);
    expect(asked.mock.lastCall?.[1]).toMatchObject({ headers: { "Fleet-CSRF": "secret" } });
  });

  test("sends whoever is nobody to log in", async () => {
    answers({ code: "unauthorized" }, 401);
    await refreshSession(logIn);

    expect(logIn).toHaveBeenCalledOnce();
  });

  test("is not over because a worker cannot say", async () => {
    session.value = { ...DISPATCHER, role: "dispatcher" };
    answers({ code: "not_running" }, 503);

    await expect(refreshSession(logIn)).rejects.toMatchObject({ status: 503 });
    expect(logIn).not.toHaveBeenCalled();
    expect(session.value.name).toBe(DISPATCHER.name);
  });

  test.each([
    ["admin", true],
    ["dispatcher", true],
    ["viewer", false],
    ["device", false],
  ] as const)("of a role %s may change things: %s", (role, may) => {
    session.value = { ...DISPATCHER, role };

    expect(mayChange.value).toBe(may);
  });
});

test("logging in comes back to the page as it was looked at", () => {
  expect(logInAddress("/vehicles/van 7/trips", "?at=1,2&q=ä")).toBe(
    "/login?next=%2Fvehicles%2Fvan%207%2Ftrips%3Fat%3D1%2C2%26q%3D%C3%A4",
  );
});
