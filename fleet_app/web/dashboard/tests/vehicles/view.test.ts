import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { go, look, query } from "../../src/app/route";
import { selectedId } from "../../src/app/state";
import { filter, NO_FILTER } from "../../src/vehicles/filter";
import { SORT_KEYS } from "../../src/vehicles/order";
import { SHOWN_STATES } from "../../src/vehicles/shown_state";
import {
  isFollowing,
  keepInAddress,
  PARTS,
  part,
  searchOf,
  show,
  unselect,
  type View,
  viewOf,
} from "../../src/vehicles/view";

const words = fc
  .uniqueArray(fc.string({ unit: "binary", maxLength: 6 }), { maxLength: 3 })
  .map((each) => new Set(each));
const views: fc.Arbitrary<View> = fc
  .record({
    filter: fc.record({
      text: fc.string({ unit: "binary" }),
      statuses: fc.subarray([...SHOWN_STATES]).map((each) => new Set(each)),
      groups: words,
      tags: words,
      tenants: words,
    }),
    vehicleId: fc.option(fc.string({ unit: "binary", minLength: 1 })),
    isFollowing: fc.boolean(),
    sort: fc.record({ key: fc.constantFrom(...SORT_KEYS), isDescending: fc.boolean() }),
    part: fc.constantFrom(...PARTS),
  })
  .map((view) => ({ ...view, isFollowing: view.isFollowing && view.vehicleId !== null }));

describe("a view in an address", () => {
  it("is the same view when it is read again", () => {
    fc.assert(
      fc.property(views, (view) => {
        const address = searchOf(view, new URLSearchParams()).toString();

        expect(viewOf(new URLSearchParams(address))).toEqual(view);
      }),
    );
  });

  it("leaves what others keep there as it is", () => {
    const search = searchOf(
      viewOf(new URLSearchParams("q=van")),
      new URLSearchParams("at=52.43,13.53,14&layer=heat&q=old"),
    );

    expect(search.get("at")).toBe("52.43,13.53,14");
    expect(search.get("layer")).toBe("heat");
    expect(search.getAll("q")).toEqual(["van"]);
  });

  it("says nothing of what is as at first", () => {
    expect(searchOf(viewOf(new URLSearchParams()), new URLSearchParams()).toString()).toBe("");
  });

  it.each(["status=flying", "sort=wheels", "view=globe", "follow=1", "vehicle="])("passes over %s", (text) => {
    expect(viewOf(new URLSearchParams(text))).toEqual(viewOf(new URLSearchParams()));
  });
});

describe("keepInAddress", () => {
  let end = () => {};
  beforeEach(() => {
    go("/", new URLSearchParams("at=52,13,9"));
    filter.value = NO_FILTER;
    unselect();
    end = keepInAddress();
  });
  afterEach(() => end());

  it("writes a selection into the address, and takes it out again", () => {
    show("van-7");
    expect(location.search).toBe("?at=52,13,9&vehicle=van-7&follow=1");

    unselect();
    expect(location.search).toBe("?at=52,13,9");
  });

  it("takes over the view of an address that is gone to", () => {
    go("/", new URLSearchParams("vehicle=van-9&status=idle,moving&view=table"));

    expect(selectedId.value).toBe("van-9");
    expect(isFollowing.value).toBe(false);
    expect(filter.value.statuses).toEqual(new Set(["idle", "moving"]));
    expect(part.value).toBe("table");
  });

  it("keeps the filter as the object it is when the map writes where it is", () => {
    filter.value = { ...NO_FILTER, text: "van" };
    const before = filter.value;

    const search = new URLSearchParams(query.value);
    search.set("at", "53,14,10");
    look(search);

    expect(filter.value).toBe(before);
    expect(location.search).toBe("?at=53,14,10&q=van");
  });

  it("neither reads nor writes the address of another page", () => {
    filter.value = { ...NO_FILTER, text: "van" };

    go("/vehicles/van-7", new URLSearchParams("trip=3"));
    show("van-7");

    expect(filter.value.text).toBe("van");
    expect(location.search).toBe("?trip=3");
  });
});
