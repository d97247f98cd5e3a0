/** Writes packed frames as `docs/live.md` describes them: the tests' own reading of that page. */

import type { Details, Frame, Names, Seen } from "../../src/feed/frame";
import { STATES } from "../../src/feed/frame";

/** The rows and names of one chunk. */
export interface ChunkTold {
  readonly seen: readonly Seen[];
  readonly names: ReadonlyMap<bigint, Names>;
}

export type Head = Pick<Frame, "kind" | "timeMs" | "behindMs" | "token" | "gone">;

export const HEAD: Head = { kind: "delta", timeMs: 1_800_000_001_000, behindMs: 40, token: "", gone: [] };

/** Return the bytes of a frame; all of its rows have details, or none. */
export function encoded(head: Partial<Head>, chunks: readonly ChunkTold[] = []): ArrayBuffer {
  const { kind, timeMs, behindMs, token, gone } = { ...HEAD, ...head };
  const isFull = chunks.some((chunk) => chunk.seen.some((seen) => seen.details !== undefined));
  const out = new Bytes();
  out.put("Uint8", [1, ["delta", "reset", "heartbeat"].indexOf(kind), isFull ? 1 : 0, 0]);
  out.put("Uint32", [behindMs ?? 0xffffffff]);
  out.putBig("BigInt64", [BigInt(timeMs)]);
  out.put("Uint32", [gone.length, token.length]);
  out.putBytes(new TextEncoder().encode(token));
  out.pad();
  out.putBig("BigUint64", gone);
  for (const chunk of chunks) putChunk(out, chunk, isFull);
  return out.take();
}

function putChunk(out: Bytes, { seen, names }: ChunkTold, isFull: boolean): void {
  const baseMs = seen[0]?.timeMs ?? 0;
  const details = isFull ? seen.map((one) => detailsOf(one)) : [];
  const namesJson = names.size === 0 ? new Uint8Array() : json([...names.values()].map(namesTold));
  const detailsJson = isFull ? json(details.map((one) => [one.tripId, one.geofenceIds])) : new Uint8Array();
  const start = out.length;
  out.put("Uint32", [0, seen.length, names.size, namesJson.length, detailsJson.length, 0]);
  out.putBig("BigInt64", [BigInt(baseMs)]);
  out.putBig(
    "BigUint64",
    seen.map((one) => one.number),
  );
  out.put(
    "Int32",
    seen.map((one) => Math.round(one.lat * 1e7)),
  );
  out.put(
    "Int32",
    seen.map((one) => Math.round(one.lon * 1e7)),
  );
  out.put(
    "Int32",
    seen.map((one) => one.timeMs - baseMs),
  );
  out.put(
    "Uint16",
    seen.map((one) => (one.speedMps === null ? 65_535 : Math.round(one.speedMps * 100))),
  );
  out.put(
    "Uint16",
    seen.map((one) => (one.headingDeg === null ? 65_535 : Math.round(one.headingDeg * 100))),
  );
  out.put(
    "Uint8",
    seen.map((one) => (one.state === null ? 0 : 1 + STATES.indexOf(one.state))),
  );
  out.put("Uint8", seen.map(flagsOf));
  out.pad();
  out.put(
    "Float64",
    details.map((one) => one.odometerM),
  );
  out.putBig(
    "BigInt64",
    details.map((one) => BigInt(one.receivedMs)),
  );
  out.put(
    "Uint32",
    details.map((one) => one.fixes),
  );
  out.put(
    "Uint16",
    details.map((one) => (one.accuracyM === null ? 65_535 : Math.round(one.accuracyM * 10))),
  );
  out.put(
    "Int16",
    details.map((one) => one.altitudeM ?? -32_768),
  );
  out.putBytes(detailsJson);
  out.pad();
  out.putBig("BigUint64", [...names.keys()]);
  out.putBytes(namesJson);
  out.pad();
  out.patchLength(start);
}

function flagsOf(seen: Seen): number {
  const ignition = seen.ignition === null ? 0 : seen.ignition ? 6 : 2;
  return (seen.isProvisional ? 1 : 0) | ignition | { device: 8, track: 16, none: 0 }[seen.speedSource];
}

function namesTold(names: Names): unknown[] {
  return [names.vehicleId, names.tenant, names.name, names.plate, names.driver, names.group, names.tags];
}

function detailsOf(seen: Seen): Details {
  if (seen.details === undefined) throw new Error("a row without details in a frame of rows with them");
  return seen.details;
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

const SIZES = { Uint8: 1, Uint16: 2, Int16: 2, Int32: 4, Uint32: 4, Float64: 8 } as const;

class Bytes {
  #view = new DataView(new ArrayBuffer(1 << 22));
  length = 0;

  put(type: keyof typeof SIZES, values: readonly number[]): void {
    for (const value of values) {
      this.#view[`set${type}`](this.length, value, true);
      this.length += SIZES[type];
    }
  }

  putBig(type: "BigInt64" | "BigUint64", values: readonly bigint[]): void {
    for (const value of values) {
      this.#view[`set${type}`](this.length, value, true);
      this.length += 8;
    }
  }

  putBytes(bytes: Uint8Array): void {
    new Uint8Array(this.#view.buffer).set(bytes, this.length);
    this.length += bytes.length;
  }

  pad(): void {
    this.length = Math.ceil(this.length / 8) * 8;
  }

  patchLength(start: number): void {
    this.#view.setUint32(start, this.length - start, true);
  }

  take(): ArrayBuffer {
    return this.#view.buffer.slice(0, this.length) as ArrayBuffer;
  }
}
