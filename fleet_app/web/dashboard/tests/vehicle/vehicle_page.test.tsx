import { render } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { VehiclePart } from "../../src/app/route";
import { nowMs } from "../../src/app/state";
import { VehiclePage } from "../../src/vehicle/vehicle_page";

const NOW_MS = 1_795_407_509_000;
const VAN = {
  vehicle_id: "van-7",
  tenant: "default",
  profile: { name: "Van 7", plate: "B-FA 1234", driver: "Ada", group: "north", tags: ["cold"] },
  last: { time_ms: NOW_MS - 7_000, lat: 52.4312, lon: 13.5345, speed_mps: 8.3, heading_deg: 70 },
  is_provisional: true,
  state: "moving",
  speed_mps: 8.3,
  speed_source: "device",
  received_ms: NOW_MS - 2_000,
  odometer_m: 12_034.5,
  interval_s: 5,
  harsh_observable: false,
  leg: { id: "van-7@1", kind: "trip", start_ms: NOW_MS - 600_000, distance_m: 4_410.2 },
  geofence_ids: ["depot-south"],
  day: { start_ms: NOW_MS - 9e6, distance_m: 12_034, moving_s: 1_410, idle_s: 0, idle_probable_s: 95, stop_s: 1_815 },
  accepted: 664,
  refused: { duplicate: 2 },
  waiting: 1,
  late: 0,
};
const SENT = { sent: 667, accepted: 664, refused: { duplicate: 2 }, waiting: 1, late: 0 };
const QUALITY = {
  from_ms: 0,
  to_ms: NOW_MS,
  span: SENT,
  all_time: SENT,
  accepted: { count: 664, items: [{ time_ms: NOW_MS - 7_000, lat: 52.4312, lon: 13.5345 }] },
  refused: {
    count: 2,
    items: [{ reason: "duplicate", time_ms: 1, lat: 52.4, lon: 13.5, received_ms: NOW_MS, offset: 5121 }],
  },
};
const NO_WINDOWS = { from_ms: 0, to_ms: NOW_MS, items: [] };

let answers: Readonly<Record<string, () => Response>>;
let place: HTMLElement;

/** The page's text, once it says what is looked for. */
async function textWith(text: string | RegExp): Promise<string> {
  await vi.waitFor(() => expect(place.textContent).toMatch(text));
  return place.textContent;
}

function show(part: VehiclePart): void {
  render(<VehiclePage vehicleId="van-7" part={part} />, place);
}

function problem(status: number, code: string, detail: string): () => Response {
  return () => Response.json({ status, code, detail }, { status });
}

describe("the page of a vehicle", () => {
  beforeEach(() => {
    nowMs.value = NOW_MS;
    answers = {
      "/api/vehicles/van-7": () => Response.json(VAN),
      "/api/vehicles/van-7/windows": () => Response.json(NO_WINDOWS),
      "/api/vehicles/van-7/quality": () => Response.json(QUALITY),
      "/api/geofences/depot-south": () => Response.json({ geofence_id: "depot-south", name: "Depot South" }),
    };
    vi.stubGlobal("fetch", async (path: string) => {
      const answer = answers[path.split("?")[0] ?? ""];
      return answer?.() ?? new Response(null, { status: 500 });
    });
    vi.spyOn(console, "warn").mockReturnValue();
    place = document.createElement("div");
    document.body.append(place);
  });
  afterEach(() => {
    render(null, place);
    place.remove();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  test("tells who it is and what it does, and how old and how sure that is", async () => {
    show("now");

    const text = await textWith("Van 7");
    expect(text).toContain("B-FA 1234");
    expect(text).toContain("Position 7 s ago");
    expect(text).toContain("Provisional");
    expect(text).toContain("for 10 min");
    expect(text).toContain("by the device");
  });

  test("says moving of one that has driven off and waits to be judged, as the map does", async () => {
    const drivenOff = { ...VAN, state: "idle", is_provisional: true, speed_mps: 11, speed_source: "device" };
    answers = { ...answers, "/api/vehicles/van-7": () => Response.json(drivenOff) };
    show("now");

    await textWith("Moving");
    expect(place.querySelector("[role=status]")?.textContent).toContain("Moving");
  });

  test("names the geofences that it is in", async () => {
    show("now");

    expect(await textWith("Depot South")).not.toContain("depot-south");
  });

  test("names a geofence by its id where its name cannot be read", async () => {
    answers = { ...answers, "/api/geofences/depot-south": problem(503, "unavailable", "it is not read yet") };
    show("now");

    await textWith("depot-south");
  });

  test("says that nothing is known of a span, and what to do", async () => {
    show("now");

    await textWith("Choose a longer span");
  });

  test("says what to do when there is no such vehicle", async () => {
    answers = { "/api/vehicles/van-7": problem(404, "unknown_vehicle", "no position of it has come in") };
    show("now");

    expect(await textWith("There is no vehicle “van-7”")).toContain("Check the id");
  });

  test("says what to do when the key may not see it", async () => {
    answers = { "/api/vehicles/van-7": problem(403, "forbidden", "it may not") };
    show("now");

    await textWith("Ask an administrator");
  });

  test("says how far a worker is that restores, and offers to try again", async () => {
    answers = { "/api/vehicles/van-7": problem(503, "not_running", "restored to 40 %") };
    show("now");

    expect(await textWith("restored to 40 %")).toContain("Try again");
  });

  test("says since when the vehicle was not heard", async () => {
    nowMs.value = NOW_MS + 3_600_000;
    show("now");

    await textWith("No position for 1 h 00 min");
  });

  test("explains why positions were refused, and lists them", async () => {
    show("why");

    const text = await textWith("99.7 % of what was judged was accepted");
    expect(text).toContain("The same time and place had come in before");
    expect(text).toContain("52.40000, 13.50000");
    expect(text).toContain("1 of 2 are listed");
  });

  test("is reached part by part with links", async () => {
    show("why");
    await textWith("Sent and accepted");

    const links = [...place.querySelectorAll("nav a")].map((link) => link.getAttribute("href"));
    expect(links).toEqual(["/vehicles/van-7", "/vehicles/van-7/trips", "/vehicles/van-7/why"]);
    expect(place.querySelector("nav [aria-current]")?.textContent).toBe("Why");
  });
});
