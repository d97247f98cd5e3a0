import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Banners, ConnectionState } from "../../src/app/connection_state";
import { type Connection, connection, isOutdated, nowMs } from "../../src/app/state";
import { fleetZone, zone } from "../../src/units/preferences";

const T = Date.UTC(2026, 10, 23, 13, 5, 9);
const LIVE: Connection = { phase: "live", sinceMs: T, worker: "http://one:8080", behindMs: 0, heardMs: T };

let place: HTMLElement;

beforeEach(async () => {
  fleetZone.value = "UTC";
  zone.value = "fleet";
  place = document.createElement("div");
  document.body.append(place);
  await act(() => {
    render(
      <>
        <ConnectionState />
        <Banners />
      </>,
      place,
    );
  });
});

afterEach(() => {
  render(null, place);
  place.remove();
  isOutdated.value = false;
  zone.value = "own";
});

async function passed(passedMs: number, told: Partial<Connection> = {}): Promise<void> {
  await act(() => {
    connection.value = { ...LIVE, ...told };
    nowMs.value = T + passedMs;
  });
}

function textOf(selector: string): string | undefined {
  return place.querySelector(selector)?.textContent ?? undefined;
}

describe("the header", () => {
  test("says that the feed is live, and nothing else does", async () => {
    await passed(0);

    expect([textOf(".connection"), textOf(".banner")]).toEqual(["Live", undefined]);
  });

  test("says how far it is behind", async () => {
    await passed(1_000, { behindMs: 12_000 });

    expect(textOf(".connection")).toBe("12 s behind");
  });

  test("says how long it has been cut, and aloud only that it is", async () => {
    await passed(4_000, { phase: "cut" });
    const said = textOf("[role=status]");
    await passed(8_000, { phase: "cut" });

    expect(textOf(".connection")).toBe("Reconnecting for 8 s");
    expect(textOf("[role=status]")).toBe(said);
  });

  test("tells which worker it is, and what to do, to whoever asks", async () => {
    await passed(0);
    await act(() => place.querySelector<HTMLButtonElement>(".connection")?.click());

    expect(textOf(".disclosure__panel")).toContain("one:8080");
    expect(textOf(".disclosure__panel")).toContain("What is shown is what the workers know.");
  });
});

describe("the whole page", () => {
  test("says what time is shown where the feed is gone for long", async () => {
    await passed(8_000, { phase: "cut", behindMs: 1_000 });

    expect(textOf(".banner")).toContain("What is shown is of 13:05:08, 9 s ago.");
  });

  test("says that nothing was ever heard", async () => {
    await passed(8_000, { phase: "connecting", behindMs: null, heardMs: null, worker: "" });

    expect(textOf(".banner")).toContain("No worker has answered yet.");
  });

  test("says that it is to be loaded again where the workers are of another release", async () => {
    await passed(0);
    await act(() => {
      isOutdated.value = true;
    });

    expect(textOf(".banner")).toContain("another release");
    expect(textOf(".banner button")).toBe("Load again");
  });
});
