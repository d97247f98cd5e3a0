/**
 * Packed frames of the live feed, as `docs/live.md` describes their bytes. Every column begins at a multiple of its
 * numbers' size, so typed arrays are laid over the message where it lies; browsers' machines are little-endian.
 */

import { type Details, type Frame, type Names, type Seen, STATES, type State } from "./frame";

const FORMAT = 1;
const KINDS = ["delta", "reset", "heartbeat"] as const;
const HEADER_BYTES = 24;
const CHUNK_HEADER_BYTES = 32;
const MAP_ROW_BYTES = 26;
const FULL_ROW_BYTES = 24;
const UNKNOWN_U16 = 0xffff;
const UNKNOWN_I16 = -0x8000;
const UNKNOWN_BEHIND = 0xffffffff;
const IS_PROVISIONAL = 1;
const IGNITION_IS_KNOWN = 2;
const IGNITION_IS_ON = 4;
const SPEED_IS_OF_DEVICE = 8;
const SPEED_IS_OF_TRACK = 16;
const STATE_OF_CODE: readonly (State | null)[] = [null, ...STATES];

/** A message that is no frame that this page can read: the worker may be of another release. */
export class UnreadableFrame extends Error {}

/** Return what a message says. @throws {UnreadableFrame} It is of another format, or incomplete. */
export function readFrame(data: ArrayBuffer): Frame {
  const view = new DataView(data);
  if (data.byteLength < HEADER_BYTES) throw new UnreadableFrame(`a frame of ${data.byteLength} bytes`);
  const format = view.getUint8(0);
  const kind = KINDS[view.getUint8(1)];
  if (format !== FORMAT || kind === undefined) {
    throw new UnreadableFrame(`a frame of format ${format}, kind ${view.getUint8(1)}; format ${FORMAT} is known`);
  }
  const behindMs = view.getUint32(4, true);
  const goneCount = view.getUint32(16, true);
  const tokenBytes = view.getUint32(20, true);
  const goneAt = padded(HEADER_BYTES + tokenBytes);
  const chunksAt = goneAt + 8 * goneCount;
  if (chunksAt > data.byteLength) throw incomplete(chunksAt, data.byteLength);
  const seen: Seen[] = [];
  const names = new Map<bigint, Names>();
  const readChunk = view.getUint8(2) === 1 ? readFullChunk : readMapChunk;
  for (let at = chunksAt; at < data.byteLength; ) {
    const chunk = chunkAt(view, at);
    readChunk(data, chunk, seen);
    readNames(data, chunk, names);
    at = chunk.end;
  }
  return {
    kind,
    timeMs: Number(view.getBigInt64(8, true)),
    behindMs: behindMs === UNKNOWN_BEHIND ? null : behindMs,
    token: textAt(data, HEADER_BYTES, tokenBytes),
    gone: Array.from(new BigUint64Array(data, goneAt, goneCount)),
    seen,
    names,
  };
}

/** Where the parts of a chunk are, bytes from the start of the message. */
interface Chunk {
  readonly rows: number;
  readonly named: number;
  readonly baseMs: number;
  readonly columnsAt: number;
  readonly fullColumnsAt: number;
  readonly detailsAt: number;
  readonly detailsBytes: number;
  readonly namedAt: number;
  readonly namesAt: number;
  readonly namesBytes: number;
  readonly end: number;
}

function chunkAt(view: DataView, at: number): Chunk {
  const left = view.byteLength - at;
  if (left < CHUNK_HEADER_BYTES) throw incomplete(CHUNK_HEADER_BYTES, left);
  const told = view.getUint32(at, true);
  const rows = view.getUint32(at + 4, true);
  const named = view.getUint32(at + 8, true);
  const namesBytes = view.getUint32(at + 12, true);
  const detailsBytes = view.getUint32(at + 16, true);
  const columnsAt = at + CHUNK_HEADER_BYTES;
  const fullColumnsAt = columnsAt + padded(MAP_ROW_BYTES * rows);
  const detailsAt = fullColumnsAt + (view.getUint8(2) === 1 ? FULL_ROW_BYTES * rows : 0);
  const namedAt = detailsAt + padded(detailsBytes);
  const namesAt = namedAt + 8 * named;
  const end = namesAt + padded(namesBytes);
  if (end - at !== told || told > left) throw incomplete(end - at, Math.min(told, left));
  const baseMs = Number(view.getBigInt64(at + 24, true));
  return {
    rows,
    named,
    baseMs,
    columnsAt,
    fullColumnsAt,
    detailsAt,
    detailsBytes,
    namedAt,
    namesAt,
    namesBytes,
    end,
  };
}

function readMapChunk(data: ArrayBuffer, chunk: Chunk, seen: Seen[]): void {
  const { rows, baseMs, columnsAt } = chunk;
  const numbers = new BigUint64Array(data, columnsAt, rows);
  const lats = new Int32Array(data, columnsAt + 8 * rows, rows);
  const lons = new Int32Array(data, columnsAt + 12 * rows, rows);
  const times = new Int32Array(data, columnsAt + 16 * rows, rows);
  const speeds = new Uint16Array(data, columnsAt + 20 * rows, rows);
  const headings = new Uint16Array(data, columnsAt + 22 * rows, rows);
  const states = new Uint8Array(data, columnsAt + 24 * rows, rows);
  const flags = new Uint8Array(data, columnsAt + 25 * rows, rows);
  for (let row = 0; row < rows; row++) {
    const flag = at(flags, row);
    const speed = at(speeds, row);
    const heading = at(headings, row);
    seen.push({
      number: at(numbers, row),
      timeMs: baseMs + at(times, row),
      lat: at(lats, row) / 1e7,
      lon: at(lons, row) / 1e7,
      speedMps: speed === UNKNOWN_U16 ? null : speed / 100,
      speedSource: flag & SPEED_IS_OF_DEVICE ? "device" : flag & SPEED_IS_OF_TRACK ? "track" : "none",
      headingDeg: heading === UNKNOWN_U16 ? null : heading / 100,
      state: STATE_OF_CODE[at(states, row)] ?? null,
      isProvisional: (flag & IS_PROVISIONAL) !== 0,
      ignition: flag & IGNITION_IS_KNOWN ? (flag & IGNITION_IS_ON) !== 0 : null,
    });
  }
}

function readFullChunk(data: ArrayBuffer, chunk: Chunk, seen: Seen[]): void {
  const { rows, fullColumnsAt, detailsAt, detailsBytes } = chunk;
  const first = seen.length;
  readMapChunk(data, chunk, seen);
  const odometers = new Float64Array(data, fullColumnsAt, rows);
  const received = new BigInt64Array(data, fullColumnsAt + 8 * rows, rows);
  const fixes = new Uint32Array(data, fullColumnsAt + 16 * rows, rows);
  const accuracies = new Uint16Array(data, fullColumnsAt + 20 * rows, rows);
  const altitudes = new Int16Array(data, fullColumnsAt + 22 * rows, rows);
  const places = jsonAt<[string | null, string[]]>(data, detailsAt, detailsBytes);
  for (let row = 0; row < rows; row++) {
    const accuracy = at(accuracies, row);
    const altitude = at(altitudes, row);
    const [tripId, geofenceIds] = at(places, row);
    const details: Details = {
      odometerM: at(odometers, row),
      receivedMs: Number(at(received, row)),
      fixes: at(fixes, row),
      accuracyM: accuracy === UNKNOWN_U16 ? null : accuracy / 10,
      altitudeM: altitude === UNKNOWN_I16 ? null : altitude,
      tripId,
      geofenceIds,
    };
    seen[first + row] = { ...at(seen, first + row), details };
  }
}

type NamesTold = [string, string, string | null, string | null, string | null, string | null, string[]];

function readNames(data: ArrayBuffer, chunk: Chunk, names: Map<bigint, Names>): void {
  const numbers = new BigUint64Array(data, chunk.namedAt, chunk.named);
  const told = jsonAt<NamesTold>(data, chunk.namesAt, chunk.namesBytes);
  for (const [row, number] of numbers.entries()) {
    const [vehicleId, tenant, name, plate, driver, group, tags] = at(told, row);
    names.set(number, { vehicleId, tenant, name, plate, driver, group, tags });
  }
}

/** Return what a column says of a row that it has: lengths were compared before. */
function at<T>(column: ArrayLike<T>, row: number): T {
  const value = column[row];
  if (value === undefined) throw new UnreadableFrame(`row ${row} of ${column.length}`);
  return value;
}

function jsonAt<T>(data: ArrayBuffer, from: number, bytes: number): T[] {
  return bytes === 0 ? [] : (JSON.parse(textAt(data, from, bytes)) as T[]);
}

const decoder = new TextDecoder();

function textAt(data: ArrayBuffer, from: number, bytes: number): string {
  return decoder.decode(new Uint8Array(data, from, bytes));
}

function padded(bytes: number): number {
  return bytes + (-bytes & 7);
}

function incomplete(needed: number, has: number): UnreadableFrame {
  return new UnreadableFrame(`a frame with ${has} bytes where it says ${needed}`);
}
