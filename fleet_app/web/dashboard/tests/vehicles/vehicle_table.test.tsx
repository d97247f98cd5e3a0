import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { selectedId } from "../../src/app/state";
import { filter, NO_FILTER } from "../../src/vehicles/filter";
import { HOLD_MS } from "../../src/vehicles/row_order";
import { VehicleTable } from "../../src/vehicles/vehicle_table";
import { isFollowing, sort } from "../../src/vehicles/view";
import { made } from "./made";
import { begin, change } from "./told";

const VANS = Array.from({ length: 500 }, (_, each) => {
  const vehicleId = `van-${String(each).padStart(3, "0")}`;
  return made({ timeMs: 1_800_000_000_000 + each, called: { vehicleId } });
});

let place: HTMLElement;
const find = <E extends Element = HTMLElement>(selector: string): E => {
  const found = place.querySelector<E>(selector);
  if (found === null) throw new Error(`nothing is ${selector}`);
  return found;
};
const names = () =>
  [...place.querySelectorAll("tbody tr[aria-rowindex] td:nth-child(2)")].map((each) => each.textContent);
const rowOfFocus = () => document.activeElement?.closest("tr")?.querySelector("td:nth-child(2)")?.textContent;
const press = (key: string, init: KeyboardEventInit = {}) =>
  act(() => void document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...init })));
const wait = (timeMs: number) => act(() => void vi.advanceTimersByTime(timeMs));

beforeEach(() => {
  vi.useFakeTimers();
  begin(VANS);
  place = document.body.appendChild(document.createElement("div"));
  act(() => render(<VehicleTable />, place));
});
afterEach(() => {
  act(() => render(null, place));
  place.remove();
  // What follows the fleet at a pace is the same for all tests: none of them leaves it waiting.
  vi.runOnlyPendingTimers();
  vi.useRealTimers();
});

describe("the table", () => {
  it("says how many rows there are, and has only those in the page that are near", () => {
    expect(find("[role=grid]").getAttribute("aria-rowcount")).toBe("501");
    expect(names().length).toBeLessThan(40);
    expect(names()[0]).toBe("van-000");
  });

  it("is one stop of the tab key", () => {
    expect(place.querySelectorAll('[tabindex="0"]')).toHaveLength(1);
  });

  it("shows what the map shows", () => {
    act(() => {
      filter.value = { ...NO_FILTER, text: "van 49" };
    });

    expect(names()).toEqual(Array.from({ length: 10 }, (_, each) => `van-49${each}`));
    expect(find("[role=grid]").getAttribute("aria-rowcount")).toBe("11");
  });

  it("shows on the map what Enter is pressed on", () => {
    find('[tabindex="0"]').focus();
    press("ArrowDown");
    press("Enter");

    expect(selectedId.value).toBe("van-001");
    expect(isFollowing.value).toBe(true);
    expect(find('tr[aria-selected="true"]').textContent).toContain("van-001");
  });

  it("comes to the vehicle that is selected elsewhere", () => {
    act(() => {
      selectedId.value = "van-400";
    });
    act(() => void find(".vehicle-table__scroller").dispatchEvent(new Event("scroll")));

    expect(names()).toContain("van-400");
  });

  it("goes to the last row and back to the headings by keyboard", () => {
    find('[tabindex="0"]').focus();
    press("End", { ctrlKey: true });
    expect(rowOfFocus()).toBe("van-499");
    expect(document.activeElement?.getAttribute("href")).toBe("/vehicles/van-499");

    press("Home", { ctrlKey: true });
    press("ArrowUp");
    expect(document.activeElement?.tagName).toBe("BUTTON");
  });

  it("is sorted by a column whose heading is pressed, and turned round the next time", () => {
    act(() => find<HTMLButtonElement>("th:nth-child(4) button").click());
    expect(names()[0]).toBe("van-499");
    expect(find("th:nth-child(4)").getAttribute("aria-sort")).toBe("ascending");

    act(() => find<HTMLButtonElement>("th:nth-child(4) button").click());
    expect(names()[0]).toBe("van-000");
    expect(find("th:nth-child(4)").getAttribute("aria-sort")).toBe("descending");
  });
});

describe("the focus", () => {
  beforeEach(() => {
    act(() => {
      sort.value = { key: "age", isDescending: true };
    });
    find('[tabindex="0"]').focus();
    press("ArrowDown");
  });

  it("stays with its row, where that is, while others change places", () => {
    const newest = VANS.filter((each) => each.names.vehicleId === "van-001").map((each) => ({
      ...each,
      timeMs: 1_900_000_000_000,
    }));
    act(() => change(newest));
    wait(300);
    expect(names().indexOf("van-001")).toBe(1);

    wait(HOLD_MS);
    act(() => change(newest));
    wait(300);

    expect(names().at(-1)).toBe("van-001");
    expect(rowOfFocus()).toBe("van-001");
  });

  it("goes on from the place of a vehicle that is gone", () => {
    act(() => change([], VANS.slice(1, 2)));
    wait(300);

    expect(rowOfFocus()).toBe("van-002");
  });
});
