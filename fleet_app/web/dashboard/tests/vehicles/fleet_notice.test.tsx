import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connection } from "../../src/app/state";
import { filter, NO_FILTER } from "../../src/vehicles/filter";
import { FleetNotice } from "../../src/vehicles/fleet_notice";
import { made } from "./made";
import { begin } from "./told";

let place: HTMLElement;
const text = () => place.textContent ?? "";

beforeEach(() => {
  vi.useFakeTimers();
  connection.value = { ...connection.value, phase: "connecting", behindMs: null, heardMs: null };
  begin([]);
  place = document.body.appendChild(document.createElement("div"));
  act(() => render(<FleetNotice />, place));
});
afterEach(() => {
  act(() => render(null, place));
  place.remove();
  // What follows the fleet at a pace is the same for all tests: none of them leaves it waiting.
  vi.runOnlyPendingTimers();
  vi.useRealTimers();
});

describe("without vehicles", () => {
  it("says that the worker is asked, until it has told", () => {
    expect(text()).toContain("Connecting");
  });

  it("says how to send a first position to this worker, once it has told that there are none", () => {
    act(() => {
      connection.value = { ...connection.value, phase: "live", behindMs: 40, heardMs: 1 };
    });

    expect(text()).toContain("No vehicles yet");
    expect(text()).toContain(`curl ${location.origin}/api/positions`);
  });

  it("says that the worker does not answer, where it does not", () => {
    act(() => {
      connection.value = { ...connection.value, phase: "cut" };
    });

    expect(place.querySelector("[role=alert]")?.textContent).toContain("does not answer");
  });
});

describe("with a filter that hides all", () => {
  it("offers to reset it", () => {
    act(() => {
      begin([made()]);
      filter.value = { ...NO_FILTER, text: "ghost" };
      vi.runOnlyPendingTimers();
    });
    act(() => place.querySelector("button")?.click());

    expect(filter.value).toEqual(NO_FILTER);
  });
});
