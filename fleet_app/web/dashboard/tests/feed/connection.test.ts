import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Connection } from "../../src/app/state";
import { followFeed } from "../../src/feed/connection";
import { Fleet } from "../../src/feed/fleet";
import type { Seen } from "../../src/feed/frame";
import { Latencies } from "../../src/feed/latency";
import { encoded, type Head } from "./encoded";
import { newestSocket, socketsOpened, useFakeSockets } from "./sockets";

const T = 1_800_000_000_000;
const OWN = "http://one:8080";
const OTHER = "http://two:8081";
const NAMES = { vehicleId: "van-1", tenant: "default", name: null, plate: null, driver: null, group: null, tags: [] };
const VAN: Seen = {
  number: 1n,
  timeMs: T,
  lat: 52.5,
  lon: 13.4,
  speedMps: 10,
  speedSource: "device",
  headingDeg: 90,
  state: "moving",
  isProvisional: false,
  ignition: true,
};

function nothingTold() {
  return {
    fleet: new Fleet(),
    fleetRevision: signal(0),
    connection: signal<Connection>({ phase: "connecting", sinceMs: T, worker: "", behindMs: null, heardMs: null }),
    clockAheadMs: signal(0),
    isOutdated: signal(false),
    latencies: new Latencies(),
  };
}

const onRefused = vi.fn();
let told: ReturnType<typeof nothingTold>;
let workers: string[];
let end: () => void;

beforeEach(() => {
  vi.useFakeTimers({ now: T });
  vi.spyOn(Math, "random").mockReturnValue(0);
  useFakeSockets();
  onRefused.mockReset();
  workers = [OWN, OTHER];
  told = nothingTold();
  end = followFeed(told, { own: OWN, workers: () => workers, onRefused });
  vi.advanceTimersByTime(0);
});

afterEach(() => {
  end();
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function frame(head: Partial<Head>, ...seen: Seen[]): ArrayBuffer {
  const names = new Map(seen.map((one) => [one.number, { ...NAMES, vehicleId: `van-${one.number}` }]));
  return encoded({ timeMs: Date.now(), ...head }, seen.length === 0 ? [] : [{ seen, names }]);
}

function snapshot(): void {
  newestSocket().accept();
  newestSocket().tell(frame({ kind: "reset", token: "first" }, VAN));
}

describe("the feed", () => {
  test("begins at this page's worker, without a token", () => {
    expect(newestSocket().url).toBe("ws://one:8080/live?fields=map&rate=1");
    expect(told.connection.value.phase).toBe("connecting");
  });

  test("is live with the first frame, and tells the fleet", () => {
    snapshot();

    expect(told.connection.value).toEqual({ phase: "live", sinceMs: T, worker: OWN, behindMs: 40, heardMs: T });
    expect([...told.fleet.vehicles.keys()]).toEqual(["van-1"]);
    expect(told.fleetRevision.value).toBe(1);
  });

  test("tells what has changed four times a second at most, and once more at the end", () => {
    snapshot();
    for (let frames = 1; frames <= 20; frames++) {
      vi.advanceTimersByTime(10);
      newestSocket().tell(frame({}, { ...VAN, timeMs: T + frames }));
    }
    vi.advanceTimersByTime(1_000);

    expect(told.fleetRevision.value).toBe(2);
    expect(told.fleet.vehicles.get("van-1")?.timeMs).toBe(T + 20);
  });

  test("does not tell of changes where a heartbeat has none", () => {
    snapshot();
    vi.advanceTimersByTime(5_000);
    newestSocket().tell(frame({ kind: "heartbeat", behindMs: 9_000 }));
    vi.advanceTimersByTime(1_000);

    expect(told.fleetRevision.value).toBe(1);
    expect(told.connection.value).toMatchObject({ phase: "live", behindMs: 9_000, heardMs: T + 5_000 });
  });

  test("tells how far the worker's clock is ahead", () => {
    newestSocket().accept();
    newestSocket().tell(frame({ kind: "reset", timeMs: T + 700 }));

    expect(told.clockAheadMs.value).toBe(700);
  });

  test("ends when it is told to", () => {
    snapshot();
    end();
    vi.advanceTimersByTime(60_000);

    expect(newestSocket().isClosed).toBe(true);
    expect(socketsOpened()).toBe(1);
  });
});

describe("after a cut", () => {
  test("it says so at once, and keeps what it knew", () => {
    snapshot();
    vi.advanceTimersByTime(2_000);
    newestSocket().end(1006);

    expect(told.connection.value).toMatchObject({ phase: "cut", sinceMs: T + 2_000, worker: OWN, heardMs: T });
    expect(told.fleet.vehicles.size).toBe(1);
  });

  test("it goes on at the same worker with the newest token", () => {
    snapshot();
    newestSocket().tell(frame({ token: "second" }));
    newestSocket().tell(frame({ token: "" }));
    newestSocket().end(1006);
    vi.advanceTimersByTime(250);

    expect([newestSocket().host, newestSocket().token]).toEqual(["one:8080", "second"]);
  });

  test("it goes on at another worker where its own does not answer", () => {
    snapshot();
    newestSocket().end(1006);
    vi.advanceTimersByTime(250);
    newestSocket().end(1006);
    vi.advanceTimersByTime(250);
    expect([newestSocket().host, newestSocket().token]).toEqual(["two:8081", "first"]);

    newestSocket().accept();
    newestSocket().tell(frame({}, { ...VAN, timeMs: T + 3_000 }));
    expect(told.connection.value).toMatchObject({ phase: "live", worker: OTHER });
    expect(told.fleet.vehicles.get("van-1")?.timeMs).toBe(T + 3_000);
  });

  test("it goes on at another worker at once where its own says that it stops", () => {
    snapshot();
    newestSocket().end(1012);
    vi.advanceTimersByTime(0);

    expect(newestSocket().host).toBe("two:8081");
  });

  test("it goes on where it fell silent", () => {
    snapshot();
    vi.advanceTimersByTime(13_000);
    expect(told.connection.value.phase).toBe("cut");

    vi.advanceTimersByTime(250);
    expect([socketsOpened(), newestSocket().token]).toEqual([2, "first"]);
  });

  test("it knows the clock of the worker that tells now, not of the one before", () => {
    newestSocket().accept();
    newestSocket().tell(frame({ kind: "reset", timeMs: T + 9_000 }));
    newestSocket().end(1012);
    vi.advanceTimersByTime(250);
    newestSocket().tell(frame({}));
    vi.advanceTimersByTime(250);

    expect(told.clockAheadMs.value).toBe(0);
  });

  test("it begins anew where the token is not understood", () => {
    snapshot();
    newestSocket().end(1006);
    vi.advanceTimersByTime(250);
    newestSocket().end(4400);
    vi.advanceTimersByTime(250);

    expect(newestSocket().token).toBeNull();
  });

  test("a reset without a token makes it forget the one it had", () => {
    snapshot();
    newestSocket().tell(frame({ kind: "reset", token: "" }));
    newestSocket().end(1006);
    vi.advanceTimersByTime(250);

    expect(newestSocket().token).toBeNull();
  });

  test("it learns meanwhile which workers there are", () => {
    snapshot();
    newestSocket().end(1006);
    workers = [OWN, "http://three:8082"];
    vi.advanceTimersByTime(250);
    newestSocket().end(1006);
    vi.advanceTimersByTime(250);

    expect(newestSocket().host).toBe("three:8082");
  });
});

describe("what may have ended the session is told", () => {
  test("where a connection is refused", () => {
    newestSocket().end(1006);

    expect(onRefused).toHaveBeenCalledOnce();
  });

  test("where the key is no longer good", () => {
    snapshot();
    newestSocket().end(1008);

    expect(onRefused).toHaveBeenCalledOnce();
  });

  test("and not where a connection was cut", () => {
    snapshot();
    newestSocket().end(1006);

    expect(onRefused).not.toHaveBeenCalled();
  });
});

describe("a frame of another release", () => {
  test("is not read: the page says that it is outdated, and asks another worker", () => {
    const warned = vi.spyOn(console, "warn").mockReturnValue();
    snapshot();
    newestSocket().tell(new Uint8Array(32).fill(2).buffer);
    vi.advanceTimersByTime(250);

    expect(told.isOutdated.value).toBe(true);
    expect(newestSocket().host).toBe("two:8081");
    expect(warned).toHaveBeenCalledOnce();
  });
});
