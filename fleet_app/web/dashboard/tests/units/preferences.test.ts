import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

beforeEach(() => {
  vi.resetModules();
});

afterEach(() => {
  localStorage.clear();
  vi.restoreAllMocks();
});

describe("preferences", () => {
  test("are kept by the browser", async () => {
    const before = await import("../../src/units/preferences");
    before.theme.value = "dark";
    before.units.value = "imperial";
    vi.resetModules();
    const after = await import("../../src/units/preferences");

    expect([after.theme.value, after.units.value]).toEqual(["dark", "imperial"]);
  });

  test("that the browser kept and nobody knows are passed over", async () => {
    localStorage.setItem("fleet.theme", "mauve");
    const { theme } = await import("../../src/units/preferences");

    expect(theme.value).toBe("system");
  });

  test.each([
    ["en-US", "imperial"],
    ["en-GB", "imperial"],
    ["de-DE", "metric"],
    ["en", "metric"],
  ])("begin with what is usual where %s is spoken: %s", async (language, usual) => {
    vi.spyOn(navigator, "language", "get").mockReturnValue(language);
    const { units } = await import("../../src/units/preferences");

    expect(units.value).toBe(usual);
  });

  test("work where the browser keeps nothing", async () => {
    vi.spyOn(Storage.prototype, "getItem").mockImplementation(refuse);
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(refuse);
    const { theme } = await import("../../src/units/preferences");
    theme.value = "light";

    expect(theme.value).toBe("light");
  });
});

function refuse(): never {
  throw new DOMException("denied", "SecurityError");
}
