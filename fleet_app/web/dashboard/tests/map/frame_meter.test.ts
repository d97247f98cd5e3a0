import { expect, test } from "vitest";
import { FrameMeter, frameMeter } from "../../src/map/frame_meter";

test("nothing was measured at first", () => {
  const meter = new FrameMeter();

  expect([meter.frames, meter.frameMs(), meter.updateMs()]).toEqual([0, null, null]);
});

test("what is measured is done, and counted", () => {
  const meter = new FrameMeter();

  expect(meter.update(() => "updated")).toBe("updated");
  expect(meter.frame(() => "drawn")).toBe("drawn");
  expect(meter.frames).toBe(1);
  expect(meter.frameMs()).toBeGreaterThanOrEqual(meter.updateMs() ?? Number.NaN);
});

test("only the newest frames count for the median, all for the number", () => {
  const meter = new FrameMeter();
  for (let index = 0; index < 5_000; index += 1) meter.frame(() => {});

  expect(meter.frames).toBe(5_000);
  expect(meter.frameMs(1)).toBeGreaterThanOrEqual(meter.frameMs(0.5) ?? Number.NaN);
});

test("benchmarks find it in the page", () => {
  expect(window.fleetMeter).toBe(frameMeter);
});
