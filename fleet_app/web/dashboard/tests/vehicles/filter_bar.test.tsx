import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { filter, NO_FILTER, visibleVehicles } from "../../src/vehicles/filter";
import { FilterBar, Tally } from "../../src/vehicles/filter_bar";
import { made } from "./made";
import { begin } from "./told";

let place: HTMLElement;
const button = (text: string) =>
  [...place.querySelectorAll("button")].find((each) => each.textContent?.startsWith(text));
const press = (text: string) => act(() => button(text)?.click());
const tally = () => place.querySelector(".tally p")?.textContent;
const choose = (label: string, value: string) =>
  act(() => {
    const select = place.querySelector<HTMLSelectElement>(`select[aria-label="${label}"]`);
    if (select === null) throw new Error(`there is no choice of ${label}`);
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });

beforeEach(() => {
  begin([
    made({ state: "moving", called: { vehicleId: "a", group: "north", tags: ["cold"] } }),
    made({ state: "moving", called: { vehicleId: "b" } }),
    made({ state: "stop", called: { vehicleId: "c", group: "north" } }),
  ]);
  place = document.body.appendChild(document.createElement("div"));
  const bar = (
    <>
      <Tally />
      <FilterBar />
    </>
  );
  act(() => render(bar, place));
});
afterEach(() => {
  act(() => render(null, place));
  place.remove();
});

describe("the filter bar", () => {
  it("says how many there are of each state, and of all", () => {
    expect(button("Moving")?.textContent).toBe("Moving2");
    expect(button("Offline")?.textContent).toBe("Offline0");
    expect(button("Not known")).toBeUndefined();
    expect(tally()).toBe("3 vehicles");
  });

  it("shows only the states that are pressed, and all again when they are let go", () => {
    press("Stopped");
    expect(button("Stopped")?.getAttribute("aria-pressed")).toBe("true");
    expect(visibleVehicles.value).toEqual(new Set(["c"]));
    expect(tally()).toBe("1 of 3 vehicles");
    expect(button("Moving")?.textContent).toBe("Moving2");

    press("Stopped");
    expect(visibleVehicles.value).toBeNull();
  });

  it("narrows by group and tag, and counts with them", () => {
    choose("Group", "=north");
    expect(button("Moving")?.textContent).toBe("Moving1");

    choose("Tag", "=cold");
    expect(visibleVehicles.value).toEqual(new Set(["a"]));

    choose("Group", "");
    choose("Tag", "");
    expect(filter.value).toEqual(NO_FILTER);
  });

  it("knows vehicles of no group, and asks for no tenant where there is one", () => {
    choose("Group", "=");

    expect(visibleVehicles.value).toEqual(new Set(["b"]));
    expect(place.querySelector('select[aria-label="Tenant"]')).toBeNull();
  });

  it("is reset at once", () => {
    press("Stopped");
    press("Reset");

    expect(filter.value).toEqual(NO_FILTER);
    expect(button("Reset")).toBeUndefined();
  });
});
