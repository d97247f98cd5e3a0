import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Problem } from "../../src/api/ask";
import { GONE_EVERY_MS, Polling } from "../../src/api/polling";

const EVERY_MS = 5_000;

/** Answers with what is next in line: a value, or a problem. */
class Worker {
  readonly line: unknown[] = [];
  asked = 0;

  readonly answer = async (): Promise<unknown> => {
    this.asked += 1;
    const next = this.line.shift() ?? this.asked;
    if (next instanceof Error) throw next;
    return next;
  };
}

function hide(isHidden: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(isHidden);
  document.dispatchEvent(new Event("visibilitychange"));
}

describe("polling", () => {
  let worker: Worker;
  let polling: Polling<unknown>;
  let stop: () => void;

  beforeEach(() => {
    vi.useFakeTimers({ now: 1_800_000_000_000 });
    hide(false);
    worker = new Worker();
    polling = new Polling(worker.answer, EVERY_MS);
    stop = polling.start();
  });
  afterEach(() => {
    stop();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  test("asks at once, and then again and again", async () => {
    await vi.advanceTimersByTimeAsync(0);
    expect(polling.told.value).toEqual({ value: 1, error: null, toldMs: 1_800_000_000_000 });

    await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
    expect(worker.asked).toBe(4);
  });

  test("asks before its time when there is news, once a second at most", async () => {
    await vi.advanceTimersByTimeAsync(0);
    polling.soon();
    polling.soon();

    await vi.advanceTimersByTimeAsync(999);
    expect(worker.asked).toBe(1);

    await vi.advanceTimersByTimeAsync(1);
    expect(worker.asked).toBe(2);
  });

  test("does not ask while the page is hidden, and asks at once when it is seen again", async () => {
    await vi.advanceTimersByTimeAsync(0);
    hide(true);
    await vi.advanceTimersByTimeAsync(10 * EVERY_MS);
    expect(worker.asked).toBe(1);

    hide(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(worker.asked).toBe(2);
  });

  test("keeps what was told while the worker does not answer, and says since when", async () => {
    const problem = new Problem(503, "not_running", "it restores");
    worker.line.push("a van", problem);

    await vi.advanceTimersByTimeAsync(EVERY_MS);

    expect(polling.told.value).toEqual({ value: "a van", error: problem, toldMs: 1_800_000_000_000 });
  });

  test.each([401, 403, 404, 410])("forgets what was told when the worker answers %i", async (status) => {
    worker.line.push("a van", new Problem(status, "unknown_vehicle", "there is none"));

    await vi.advanceTimersByTimeAsync(EVERY_MS);

    expect(polling.told.value.value).toBeNull();
  });

  test("asks for what is not there less often", async () => {
    worker.line.push(new Problem(404, "unknown_vehicle", "there is none"));

    await vi.advanceTimersByTimeAsync(GONE_EVERY_MS - 1);
    expect(worker.asked).toBe(1);

    await vi.advanceTimersByTimeAsync(1);
    expect(polling.told.value).toMatchObject({ value: 2, error: null });
  });

  test("waits for as long as the worker says, and goes on", async () => {
    worker.line.push(new Problem(503, "not_running", "it restores", 20), "a van");

    await vi.advanceTimersByTimeAsync(19_999);
    expect(worker.asked).toBe(1);

    await vi.advanceTimersByTimeAsync(1);
    expect(polling.told.value).toMatchObject({ value: "a van", error: null });
  });

  test("asks nothing any more once it is stopped", async () => {
    await vi.advanceTimersByTimeAsync(0);
    stop();

    await vi.advanceTimersByTimeAsync(10 * EVERY_MS);
    expect(worker.asked).toBe(1);
  });
});
