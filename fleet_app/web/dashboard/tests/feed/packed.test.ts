import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Details, type Names, type Seen, STATES } from "../../src/feed/frame";
import { readFrame, UnreadableFrame } from "../../src/feed/packed";
import { type ChunkTold, encoded, type Head } from "./encoded";

/** The example of `docs/live.md`. */
const EXAMPLE = `
  01 00 00 00 28 00 00 00 e8 53 5c 18 a3 01 00 00
  01 00 00 00 07 00 00 00 64 47 39 72 5a 57 34 00
  3d fe db 01 63 e9 9a 8e 88 00 00 00 01 00 00 00
  01 00 00 00 39 00 00 00 00 00 00 00 00 00 00 00
  fa 50 5c 18 a3 01 00 00 3b d7 6d f1 08 49 2b 29
  80 ea 4d 1f d0 70 fd 07 00 00 00 00 e2 04 f5 69
  01 0e 00 00 00 00 00 00 3b d7 6d f1 08 49 2b 29
  5b 5b 22 76 61 6e 2d 31 22 2c 22 61 63 6d 65 22
  2c 22 56 61 6e 20 31 22 2c 22 42 2d 46 4c 20 31
  22 2c 6e 75 6c 6c 2c 22 6e 6f 72 74 68 22 2c 5b
  22 63 6f 6c 64 22 5d 5d 5d 00 00 00 00 00 00 00`;

const VAN_1 = 0x292b_4908_f16d_d73bn;
const VAN_2 = 0x8e9a_e963_01db_fe3dn;

const SEEN_VAN_1: Seen = {
  number: VAN_1,
  timeMs: 1_800_000_000_250,
  lat: 52.52,
  lon: 13.405,
  speedMps: 12.5,
  speedSource: "device",
  headingDeg: 271.25,
  state: "moving",
  isProvisional: false,
  ignition: true,
};

const NAMES_VAN_1: Names = {
  vehicleId: "van-1",
  tenant: "acme",
  name: "Van 1",
  plate: "B-FL 1",
  driver: null,
  group: "north",
  tags: ["cold"],
};

function bytesOf(hex: string): ArrayBuffer {
  return new Uint8Array(
    hex
      .trim()
      .split(/\s+/)
      .map((byte) => Number.parseInt(byte, 16)),
  ).buffer;
}

const number = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const text = fc.string({ unit: "grapheme", maxLength: 12 });
const details: fc.Arbitrary<Details> = fc.record({
  odometerM: fc.double({ min: 0, max: 1e9, noNaN: true }),
  receivedMs: fc.integer({ min: 0, max: 4e12 }),
  fixes: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  accuracyM: fc.option(fc.integer({ min: 0, max: 65_534 }).map((tenths) => tenths / 10)),
  altitudeM: fc.option(fc.integer({ min: -32_767, max: 32_767 })),
  tripId: fc.option(text),
  geofenceIds: fc.array(text, { maxLength: 3 }),
});
const seenInMap: fc.Arbitrary<Seen> = fc.record({
  number,
  timeMs: fc.integer({ min: 1_800_000_000_000 - 2 ** 30, max: 1_800_000_000_000 + 2 ** 30 }),
  lat: fc.integer({ min: -900_000_000, max: 900_000_000 }).map((degrees) => degrees / 1e7),
  lon: fc.integer({ min: -1_800_000_000, max: 1_800_000_000 }).map((degrees) => degrees / 1e7),
  speedMps: fc.option(fc.integer({ min: 0, max: 65_534 }).map((cm) => cm / 100)),
  speedSource: fc.constantFrom("device", "track", "none"),
  headingDeg: fc.option(fc.integer({ min: 0, max: 35_999 }).map((hundredths) => hundredths / 100)),
  state: fc.option(fc.constantFrom(...STATES)),
  isProvisional: fc.boolean(),
  ignition: fc.option(fc.boolean()),
});
const seenInFull: fc.Arbitrary<Seen> = fc.tuple(seenInMap, details).map(([seen, more]) => ({ ...seen, details: more }));
const names: fc.Arbitrary<Names> = fc.record({
  vehicleId: text,
  tenant: text,
  name: fc.option(text),
  plate: fc.option(text),
  driver: fc.option(text),
  group: fc.option(text),
  tags: fc.array(text, { maxLength: 3 }),
});
const head: fc.Arbitrary<Head> = fc.record({
  kind: fc.constantFrom("delta", "reset", "heartbeat"),
  timeMs: fc.integer({ min: 0, max: 4e12 }),
  behindMs: fc.option(fc.integer({ min: 0, max: 2 ** 32 - 2 })),
  token: fc.base64String({ maxLength: 40 }),
  gone: fc.array(number, { maxLength: 5 }),
});

function chunksOf(seen: fc.Arbitrary<Seen>): fc.Arbitrary<ChunkTold[]> {
  const told = fc.array(fc.tuple(number, names), { maxLength: 4 }).map((pairs) => new Map(pairs));
  return fc.array(fc.record({ seen: fc.array(seen, { minLength: 1, maxLength: 9 }), names: told }), { maxLength: 4 });
}

function together(told: Head, chunks: readonly ChunkTold[]) {
  return {
    ...told,
    seen: chunks.flatMap((chunk) => chunk.seen),
    names: new Map(chunks.flatMap((chunk) => [...chunk.names])),
  };
}

describe("readFrame", () => {
  test("reads the documented example", () => {
    expect(readFrame(bytesOf(EXAMPLE))).toEqual({
      kind: "delta",
      timeMs: 1_800_000_001_000,
      behindMs: 40,
      token: "dG9rZW4",
      gone: [VAN_2],
      seen: [SEEN_VAN_1],
      names: new Map([[VAN_1, NAMES_VAN_1]]),
    });
  });

  test("agrees with the tests' own writer on the documented example", () => {
    const written = encoded({ token: "dG9rZW4", gone: [VAN_2] }, [
      { seen: [SEEN_VAN_1], names: new Map([[VAN_1, NAMES_VAN_1]]) },
    ]);

    expect(new Uint8Array(written)).toEqual(new Uint8Array(bytesOf(EXAMPLE)));
  });

  test("reads back whatever is told with the fields of the map, in any number of chunks", () => {
    fc.assert(
      fc.property(head, chunksOf(seenInMap), (told, chunks) => {
        expect(readFrame(encoded(told, chunks))).toEqual(together(told, chunks));
      }),
    );
  });

  test("reads back whatever is told with all fields", () => {
    fc.assert(
      fc.property(head, chunksOf(seenInFull), (told, chunks) => {
        expect(readFrame(encoded(told, chunks))).toEqual(together(told, chunks));
      }),
    );
  });

  test("takes names without rows: names may change while a vehicle stands", () => {
    const frame = readFrame(encoded({}, [{ seen: [], names: new Map([[VAN_1, NAMES_VAN_1]]) }]));

    expect([frame.seen, frame.names.get(VAN_1)]).toEqual([[], NAMES_VAN_1]);
  });

  test("refuses another format or kind", () => {
    const ofFormat2 = bytesOf(EXAMPLE.replace("01", "02"));
    const ofKind9 = bytesOf(EXAMPLE.replace("01 00", "01 09"));

    expect(() => readFrame(ofFormat2)).toThrow(UnreadableFrame);
    expect(() => readFrame(ofKind9)).toThrow(UnreadableFrame);
  });

  test("refuses every frame that has lost its end", () => {
    const cutInside = fc.tuple(
      head,
      chunksOf(seenInFull),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    );
    fc.assert(
      fc.property(cutInside, ([told, chunks, part]) => {
        const whole = encoded(told, chunks);
        const boundaries = boundariesOf(told, chunks);
        const end = Math.floor(part * whole.byteLength);
        fc.pre(!boundaries.has(end));
        expect(() => readFrame(whole.slice(0, end))).toThrow(UnreadableFrame);
      }),
    );
  });
});

/** Where a frame may end: chunks do not say how many there are. */
function boundariesOf(told: Head, chunks: readonly ChunkTold[]): ReadonlySet<number> {
  return new Set(chunks.map((_, index) => encoded(told, chunks.slice(0, index)).byteLength));
}
