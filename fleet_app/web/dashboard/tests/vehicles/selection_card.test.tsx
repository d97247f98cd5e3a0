import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nowMs, selectedId } from "../../src/app/state";
import { filter, NO_FILTER } from "../../src/vehicles/filter";
import { SelectionCard } from "../../src/vehicles/selection_card";
import { isFollowing, part, show } from "../../src/vehicles/view";
import { made } from "./made";
import { begin } from "./told";

const NOW_MS = 1_800_000_000_000;
const VAN = made({
  timeMs: NOW_MS - 5_000,
  isProvisional: true,
  called: { vehicleId: "van-7", name: "Van 7", driver: "Jürgen Groß" },
});

let place: HTMLElement;
const text = () => place.textContent ?? "";
const button = (name: string) =>
  [...place.querySelectorAll("button")].find((each) => (each.getAttribute("aria-label") ?? each.textContent) === name);

beforeEach(() => {
  nowMs.value = NOW_MS;
  begin([VAN]);
  place = document.body.appendChild(document.createElement("div"));
  act(() => render(<SelectionCard />, place));
});
afterEach(() => {
  act(() => render(null, place));
  place.remove();
});

describe("the card of the selected vehicle", () => {
  it("is not there without one", () => {
    expect(text()).toBe("");
  });

  it("says what the vehicle does, how old that is, and that it may still be refused", () => {
    act(() => show("van-7"));

    expect(text()).toContain("Van 7");
    expect(text()).toContain("Moving");
    expect(text()).toContain("52.43000, 13.53000");
    expect(text()).toContain("5 s ago");
    expect(text()).toContain("Provisional");
    expect(text()).toContain("Jürgen Groß");
    expect(text()).not.toContain("No position for");
  });

  it("warns of a position that is old", () => {
    act(() => {
      show("van-7");
      nowMs.value = NOW_MS + 235_000;
    });

    expect(text()).toContain("No position for 4 min");
  });

  it("follows and lets go, and leads to the map where that is not seen", () => {
    act(() => show("van-7"));
    expect(button("Follow")?.getAttribute("aria-pressed")).toBe("true");
    act(() => button("Follow")?.click());
    expect(isFollowing.value).toBe(false);
    expect(button("Show on the map")).toBeUndefined();

    act(() => {
      part.value = "table";
    });
    act(() => button("Show on the map")?.click());
    expect(part.value).toBe("map");
  });

  it("says so when the filter hides the vehicle", () => {
    act(() => {
      show("van-7");
      filter.value = { ...NO_FILTER, text: "car" };
    });

    expect(text()).toContain("The filter hides it");
  });

  it("says so when there is no such vehicle", () => {
    act(() => show("ghost"));

    expect(text()).toContain("This vehicle is not there");
  });

  it("is closed by its button and by Escape", () => {
    act(() => show("van-7"));
    act(() => button("Close")?.click());
    expect(selectedId.value).toBeNull();

    act(() => show("van-7"));
    act(() => void button("Follow")?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })));
    expect(selectedId.value).toBeNull();
  });
});
