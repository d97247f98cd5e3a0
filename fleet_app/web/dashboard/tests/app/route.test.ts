import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { followHistory, go, look, pathOf, query, route, routeOf, VEHICLE_PARTS } from "../../src/app/route";

describe("a path", () => {
  test.each([
    ["/", { page: "live" }],
    ["/system", { page: "system" }],
    ["/system/", { page: "system" }],
    ["/vehicles/van-07", { page: "vehicle", vehicleId: "van-07", part: "now" }],
    ["/vehicles/van-07/trips", { page: "vehicle", vehicleId: "van-07", part: "trips" }],
    ["/vehicles/a%2Fb", { page: "vehicle", vehicleId: "a/b", part: "now" }],
    ["/vehicles", { page: "nowhere" }],
    ["/vehicles/van-07/none", { page: "nowhere" }],
    ["/vehicles/van-07/trips/4", { page: "nowhere" }],
    ["/vehicles/%E0%A4%A", { page: "nowhere" }],
    ["/else", { page: "nowhere" }],
  ])("%s is a page", (path, page) => {
    expect(routeOf(path)).toEqual(page);
  });

  test("of every vehicle leads back to it, whatever its id", () => {
    // Paths with these two are made shorter by browsers; no vehicle has such an id.
    const vehicleId = fc.string({ unit: "grapheme", minLength: 1 }).filter((id) => id !== "." && id !== "..");
    const vehicle = fc.record({
      page: fc.constant("vehicle" as const),
      vehicleId,
      part: fc.constantFrom(...VEHICLE_PARTS),
    });
    fc.assert(
      fc.property(vehicle, (page) => {
        expect(routeOf(pathOf(page))).toEqual(page);
      }),
    );
  });
});

describe("going about", () => {
  const links = document.createElement("nav");
  document.body.append(links);
  followHistory();

  beforeEach(() => {
    go("/");
    links.replaceChildren();
  });

  afterAll(() => links.remove());

  function click(href: string, how: MouseEventInit & { target?: string } = {}): MouseEvent {
    const link = document.createElement("a");
    link.href = href;
    link.target = how.target ?? "";
    links.append(link);
    const event = new MouseEvent("click", { bubbles: true, cancelable: true, ...how });
    // What is left to the browser must not take the test elsewhere.
    addEventListener("click", (left) => left.preventDefault(), { once: true });
    link.dispatchEvent(event);
    return event;
  }

  test("goes to a page and how it is looked at", () => {
    go("/vehicles/van-07/trips", new URLSearchParams({ trip: "3" }));

    expect(route.value).toEqual({ page: "vehicle", vehicleId: "van-07", part: "trips" });
    expect(query.value.get("trip")).toBe("3");
  });

  test("says in the address how a page is looked at, so that people can read it", () => {
    look(new URLSearchParams({ at: "52.5,13.4,12", q: "a b" }));

    expect(location.search).toBe("?at=52.5,13.4,12&q=a+b");
    expect(query.value.get("at")).toBe("52.5,13.4,12");
  });

  test("follows links to pages of ours without loading anything", () => {
    click("/system?x=1");

    expect([route.value.page, query.value.get("x")]).toEqual(["system", "1"]);
  });

  test.each([
    ["to other things that the worker serves", "/docs", {}],
    ["to other hosts", "https://fleet.invalid/system", {}],
    ["to a place within the page", "#content", {}],
    ["that open elsewhere", "/system", { target: "_blank" }],
    ["that are opened in another tab", "/system", { ctrlKey: true }],
    ["that are clicked with another button", "/system", { button: 1 }],
  ])("leaves links %s to the browser", (_, href, how) => {
    click(href, how);

    expect(route.value.page).toBe("live");
  });
});
