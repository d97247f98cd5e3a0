import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { selectedId } from "../../src/app/state";
import { filter } from "../../src/vehicles/filter";
import { SearchBox } from "../../src/vehicles/search_box";
import { isFollowing } from "../../src/vehicles/view";
import { made } from "./made";
import { begin } from "./told";

let place: HTMLElement;
let input: HTMLInputElement;
const options = () => [...place.querySelectorAll("[role=option]")];
const press = (key: string, target: EventTarget = input) =>
  act(() => void target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })));
const type = (text: string) =>
  act(() => {
    input.value = text;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  });

beforeEach(() => {
  begin(["Van 1", "Van 2", "Car 3"].map((name) => made({ called: { vehicleId: name.toLowerCase(), name } })));
  place = document.body.appendChild(document.createElement("div"));
  act(() => render(<SearchBox />, place));
  const found = place.querySelector("input");
  if (found === null) throw new Error("there is no search field");
  input = found;
});
afterEach(() => {
  act(() => render(null, place));
  place.remove();
});

describe("the search", () => {
  it("is gone to with a slash, but not while something is typed elsewhere", () => {
    const other = place.appendChild(document.createElement("textarea"));
    press("/", other);
    expect(document.activeElement).not.toBe(input);

    press("/", document.body);
    expect(document.activeElement).toBe(input);
  });

  it("filters with every letter and offers what it finds", () => {
    type("VÁN");

    expect(filter.value.text).toBe("VÁN");
    expect(options().map((each) => each.textContent)).toEqual([
      expect.stringContaining("Van 1"),
      expect.stringContaining("Van 2"),
    ]);
    expect(input.getAttribute("aria-expanded")).toBe("true");
  });

  it("marks by arrow keys, shows the marked one on Enter, and lets the others be seen again", () => {
    type("van");
    press("ArrowDown");
    press("ArrowDown");
    expect(document.getElementById(input.getAttribute("aria-activedescendant") ?? "")?.textContent).toContain("Van 2");

    press("Enter");

    expect(selectedId.value).toBe("van 2");
    expect(isFollowing.value).toBe(true);
    expect(filter.value.text).toBe("");
    expect(options()).toEqual([]);
  });

  it("takes the first on Enter when none is marked, and nothing when none is found", () => {
    type("nothing like it");
    press("Enter");
    expect(selectedId.value).toBeNull();

    type("car");
    press("Enter");
    expect(selectedId.value).toBe("car 3");
  });

  it("is cleared by Escape", () => {
    type("van");
    press("Escape");

    expect(filter.value.text).toBe("");
    expect(input.getAttribute("aria-expanded")).toBe("false");
  });
});
