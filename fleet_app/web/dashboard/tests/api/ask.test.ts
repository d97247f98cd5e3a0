import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { askElsewhere, change, get, getTagged, Problem, useCsrfToken } from "../../src/api/ask";

const asked = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.stubGlobal("fetch", asked);
});

afterEach(() => {
  asked.mockReset();
  askElsewhere(null);
  useCsrfToken(null);
  vi.unstubAllGlobals();
});

function refused(): Promise<never> {
  return Promise.reject(new TypeError("Failed to fetch"));
}

function answer(value: unknown, init: ResponseInit = {}): Promise<Response> {
  return Promise.resolve(new Response(JSON.stringify(value), init));
}

describe("a question", () => {
  test("is answered with what the worker says, and its revision", async () => {
    asked.mockReturnValue(answer({ id: "yard" }, { headers: { ETag: '"3"' } }));

    expect(await getTagged("/api/geofences/yard")).toEqual({ value: { id: "yard" }, etag: '"3"' });
  });

  test("that is refused throws the problem as the worker tells it", async () => {
    const told = { code: "not_running", detail: "the partition is being restored" };
    asked.mockReturnValue(answer(told, { status: 503, headers: { "Retry-After": "2" } }));

    const problem = await get("/api/vehicles").catch((error: unknown) => error);

    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({
      status: 503,
      code: "not_running",
      message: "the partition is being restored",
      retryAfterS: 2,
    });
  });

  test("that nobody answers is a problem of status 0", async () => {
    asked.mockImplementation(refused);

    await expect(get("/api/vehicles")).rejects.toMatchObject({ status: 0, code: "no_answer" });
  });

  test("that nobody answers here is asked at the worker that the feed is connected to, with the session", async () => {
    askElsewhere("http://two:8081");
    asked.mockImplementationOnce(refused).mockReturnValueOnce(answer([1, 2]));

    expect(await get("/api/vehicles?limit=2")).toEqual([1, 2]);
    expect(asked.mock.lastCall?.[0]).toBe("http://two:8081/api/vehicles?limit=2");
    expect(asked.mock.lastCall?.[1]).toMatchObject({ credentials: "include" });
  });

  test("that this worker refuses is not asked elsewhere", async () => {
    askElsewhere("http://two:8081");
    asked.mockReturnValue(answer({}, { status: 404 }));

    await expect(get("/api/vehicles/none")).rejects.toMatchObject({ status: 404 });
    expect(asked).toHaveBeenCalledOnce();
  });

  test("that nobody answers anywhere is a problem of this page's worker", async () => {
    askElsewhere("http://two:8081");
    asked.mockImplementation(refused);

    await expect(get("/api/vehicles")).rejects.toMatchObject({ status: 0 });
    expect(asked).toHaveBeenCalledTimes(2);
  });

  test("is not taken for the end of the session by a worker that is not sent it", async () => {
    askElsewhere("http://two:8081");
    asked.mockImplementationOnce(refused).mockReturnValueOnce(answer({}, { status: 401 }));

    await expect(get("/api/session")).rejects.toMatchObject({ status: 0 });
  });

  test("that was given up is not asked elsewhere", async () => {
    askElsewhere("http://two:8081");
    asked.mockImplementation((_, init) => Promise.reject(init?.signal?.reason));

    const given = get("/api/vehicles", AbortSignal.abort());

    await expect(given).rejects.toMatchObject({ name: "AbortError" });
    expect(asked).toHaveBeenCalledOnce();
  });
});

describe("a change", () => {
  test("carries the revision that was seen and the token of the session", async () => {
    useCsrfToken("secret");
    asked.mockReturnValue(answer({}, { headers: { ETag: '"4"' } }));

    await change("PUT", "/api/geofences/yard", { name: "Yard" }, { etag: '"3"' });

    const headers = { "Fleet-CSRF": "secret", "If-Match": '"3"', "Content-Type": "application/json" };
    expect(asked.mock.lastCall?.[1]).toMatchObject({ method: "PUT", headers, body: '{"name":"Yard"}' });
  });

  test("of something new says that there is none yet", async () => {
    asked.mockReturnValue(answer({}));

    await change("PUT", "/api/geofences/yard", {}, "new");

    expect(asked.mock.lastCall?.[1]).toMatchObject({ headers: { "If-None-Match": "*" } });
  });

  test("goes to the other worker as well, because it cannot be done twice", async () => {
    askElsewhere("http://two:8081");
    asked.mockImplementationOnce(refused).mockReturnValueOnce(Promise.resolve(new Response(null, { status: 204 })));

    expect(await change("DELETE", "/api/geofences/yard", undefined, { etag: '"3"' })).toEqual({
      value: undefined,
      etag: null,
    });
    expect(asked.mock.lastCall?.[1]).toMatchObject({ method: "DELETE", headers: { "If-Match": '"3"' } });
  });

  test("that would be done twice is not repeated elsewhere", async () => {
    askElsewhere("http://two:8081");
    asked.mockImplementation(refused);

    await expect(change("POST", "/api/positions", {}, "any")).rejects.toMatchObject({ status: 0 });
    expect(asked).toHaveBeenCalledOnce();
  });
});
