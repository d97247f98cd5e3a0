import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Disclosure } from "../../src/app/disclosure";

let place: HTMLElement;

beforeEach(async () => {
  place = document.createElement("div");
  document.body.append(place);
  await act(() => {
    render(
      <>
        <Disclosure label="Display">
          <input aria-label="inside" />
        </Disclosure>
        <a href="/elsewhere">elsewhere</a>
      </>,
      place,
    );
  });
});

afterEach(() => {
  render(null, place);
  place.remove();
});

function button(): HTMLButtonElement {
  const found = place.querySelector("button");
  if (found === null) throw new Error("there is no button");
  return found;
}

function panel(): HTMLElement | null {
  return document.getElementById(button().getAttribute("aria-controls") ?? "");
}

async function open(): Promise<void> {
  await act(() => button().click());
}

describe("a panel", () => {
  test("is not there before its button is pressed", () => {
    expect([panel(), button().getAttribute("aria-expanded")]).toEqual([null, "false"]);
  });

  test("opens and closes with its button, which says so", async () => {
    await open();
    expect(panel()?.querySelector("input")).not.toBeNull();
    expect(button().getAttribute("aria-expanded")).toBe("true");

    await act(() => button().click());
    expect(panel()).toBeNull();
  });

  test("closes with Escape, and the button has the focus again", async () => {
    await open();
    panel()?.querySelector("input")?.focus();
    await act(() => {
      document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    });

    expect(panel()).toBeNull();
    expect(document.activeElement).toBe(button());
  });

  test("stays while one is in it, and closes when one goes on elsewhere", async () => {
    await open();
    await act(() => panel()?.querySelector("input")?.focus());
    expect(panel()).not.toBeNull();

    await act(() => place.querySelector("a")?.focus());
    expect(panel()).toBeNull();
  });

  test("closes when one presses beside it", async () => {
    await open();
    await act(() => {
      document.body.dispatchEvent(new Event("pointerdown", { bubbles: true }));
    });

    expect(panel()).toBeNull();
  });
});
