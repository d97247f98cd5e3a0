import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Attempt, backOffMs, feedUrl, nextAttempt, reachable, UNREADABLE } from "../../src/feed/retry";

const ONE = "http://one:8080";
const TWO = "http://two:8081";
const THREE = "http://three:8082";
const WORKERS = [ONE, TWO, THREE];
const FIRST: Attempt = { worker: ONE, failures: 0, waitMs: 0, withToken: true };
const CUT = 1006;

describe("the next attempt", () => {
  test("after a cut goes to the same worker, soon, with the token", () => {
    expect(nextAttempt(FIRST, CUT, true, WORKERS, 0)).toEqual({ ...FIRST, waitMs: 250 });
  });

  test("goes to the others in turn for as long as nobody answers", () => {
    const asked: string[] = [];
    let attempt = nextAttempt(FIRST, CUT, true, WORKERS, 0);
    for (let failures = 0; failures < 5; failures++) {
      asked.push(attempt.worker);
      attempt = nextAttempt(attempt, CUT, false, WORKERS, 0);
    }

    expect(asked).toEqual([ONE, TWO, THREE, ONE, TWO]);
  });

  test("goes to another worker at once where the worker says that it stops", () => {
    expect(nextAttempt(FIRST, 1012, true, WORKERS, 1)).toEqual({ ...FIRST, worker: TWO });
  });

  test("goes back to the only worker where that one stops", () => {
    expect(nextAttempt(FIRST, 1012, true, [ONE], 1)).toEqual(FIRST);
  });

  test("waits where a worker stops that has told nothing: it is not hammered", () => {
    expect(nextAttempt(FIRST, 1012, false, [ONE], 0).waitMs).toBe(250);
  });

  test("goes to another worker where this one is full, or tells what cannot be read", () => {
    expect(nextAttempt(FIRST, 1013, true, WORKERS, 0)).toMatchObject({ worker: TWO, waitMs: 250 });
    expect(nextAttempt(FIRST, UNREADABLE, true, WORKERS, 0)).toMatchObject({ worker: TWO, waitMs: 250 });
  });

  test("goes without the token where what was asked for is not understood", () => {
    expect(nextAttempt(FIRST, 4400, false, WORKERS, 0).withToken).toBe(false);
  });

  test("is made where a worker is no longer known at one that is", () => {
    const gone = { ...FIRST, worker: "http://gone:9" };

    expect(nextAttempt(gone, CUT, false, WORKERS, 0).worker).toBe(ONE);
  });

  test("asks every worker before any is asked twice", () => {
    const some = fc.uniqueArray(
      fc.nat(99).map((host) => `http://worker-${host}`),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(some, fc.nat(), (workers, start) => {
        const asked = new Set<string>();
        let attempt: Attempt = { ...FIRST, worker: workers[start % workers.length] ?? "" };
        for (const _ of workers) {
          asked.add(attempt.worker);
          attempt = nextAttempt(attempt, "silent", false, workers, 0.5);
        }
        expect(asked).toEqual(new Set(workers));
      }),
    );
  });
});

describe("the wait", () => {
  test("is never shorter than a quarter of a second nor longer than five, and its bound grows with failures", () => {
    const dice = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.nat({ max: 2_000 }), dice, (failures, random) => {
        const waitMs = backOffMs(failures, random);
        expect(waitMs).toBeGreaterThanOrEqual(250);
        expect(waitMs).toBeLessThanOrEqual(5_000);
        expect(backOffMs(failures + 1, random)).toBeGreaterThanOrEqual(waitMs);
      }),
    );
  });
});

describe("the workers that can be reached", () => {
  test("are this page's own first, each once", () => {
    expect(reachable(ONE, [TWO, ONE, `${THREE}/`, TWO])).toEqual([ONE, TWO, THREE]);
  });

  test("are not those without TLS for a page that came over it", () => {
    expect(reachable("https://one", [TWO, "https://two"])).toEqual(["https://one", "https://two"]);
  });

  test("are not what is no address", () => {
    expect(reachable(ONE, ["", "two:8081", "ftp://two", "/live"])).toEqual([ONE]);
  });
});

describe("the address of the feed", () => {
  test("is a WebSocket, over TLS where the page is", () => {
    expect(feedUrl(ONE, "")).toBe("ws://one:8080/live?fields=map&rate=1");
    expect(feedUrl("https://one", "")).toBe("wss://one/live?fields=map&rate=1");
  });

  test("carries the token as it is", () => {
    expect(new URL(feedUrl(ONE, "a+b/c=&d")).searchParams.get("token")).toBe("a+b/c=&d");
  });
});
