/** The fleet as it is drawn: where each vehicle is at a time, and the rows of numbers that the graphics card takes. */

import type { Changes, Vehicle } from "../feed/fleet";
import { stateOf } from "../vehicles/shown_state";
import {
  begin,
  type Course,
  courseOf,
  type Drawn,
  drawnAt,
  drawnStill,
  type Fix,
  goOn,
  type Motion,
  restsFromMs,
} from "./motion";
import { markOf, NO_MARK } from "./vehicle_shapes";

/** A vehicle with how it moves and is drawn. */
export interface Placed {
  readonly vehicle: Vehicle;
  readonly motion: Motion;
  readonly course: Course;
  readonly isShown: boolean;
}

/** A span of rows; `to` is not part of it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export const ROW_FLOATS = 20;
/** Changed rows are passed on in blocks: a few calls, and little that has not changed. */
export const BLOCK_ROWS = 64;
const FIRST_CAPACITY = 1_024;
/** After an hour a float counts time in steps of a quarter of a millisecond; then it is counted from anew. */
const REBASE_AFTER_MS = 1_800_000;
const NEVER_S = 1e9;

export class MovingFleet {
  #placed: Placed[] = [];
  readonly #rowOf = new Map<string, number>();
  #rows = new Float32Array(FIRST_CAPACITY * ROW_FLOATS);
  #dirty = new Uint8Array(FIRST_CAPACITY / BLOCK_ROWS);
  #baseMs: number;
  #movesUntilMs = Number.NEGATIVE_INFINITY;
  #isShown: (vehicleId: string) => boolean = () => true;
  /** Whether vehicles are drawn along their courses; else each is at its newest fix. */
  isAnimated = true;

  /** @param clockMs The browser's clock now, ms; the same clock is meant everywhere here. */
  constructor(clockMs: number) {
    this.#baseMs = clockMs;
  }

  /** All vehicles; the place of each is the number of its row. */
  get placed(): readonly Placed[] {
    return this.#placed;
  }

  /** Rows of all vehicles, and unused ones behind them. Another array when there is no room in the one before. */
  get rows(): Float32Array {
    return this.#rows;
  }

  /** Until when something moves if nothing more is told. */
  get movesUntilMs(): number {
    return this.#movesUntilMs;
  }

  rowOf(vehicleId: string): number | null {
    return this.#rowOf.get(vehicleId) ?? null;
  }

  get(vehicleId: string): Placed | null {
    const row = this.#rowOf.get(vehicleId);
    return row === undefined ? null : (this.#placed[row] ?? null);
  }

  /** Return where a vehicle is drawn. */
  drawn({ course }: Placed, clockMs: number): Drawn {
    return this.isAnimated ? drawnAt(course, clockMs) : drawnStill(course, clockMs);
  }

  /** Take over what has come in. */
  apply({ isReset, gone, changed }: Changes, heardMs: number): void {
    if (isReset) this.#clear();
    for (const id of gone) this.#remove(id);
    for (const vehicle of changed) this.#put(vehicle, heardMs);
  }

  /** Draw some vehicles and not others, those that come later included. */
  show(isShown: (vehicleId: string) => boolean): void {
    this.#isShown = isShown;
    this.#placed.forEach((placed, row) => {
      const now = isShown(placed.vehicle.names.vehicleId);
      if (now !== placed.isShown) this.#write(row, { ...placed, isShown: now });
    });
  }

  /** Return the time that rows count from, ms; where that changes, all rows do. */
  baseFor(clockMs: number): number {
    if (clockMs - this.#baseMs > REBASE_AFTER_MS) {
      this.#baseMs = clockMs;
      this.#placed.forEach((placed, row) => {
        this.#write(row, placed);
      });
    }
    return this.#baseMs;
  }

  /** Return the spans of rows that have changed since the last time; all have in a new array. */
  takeDirty(): readonly Span[] {
    const spans: Span[] = [];
    let from = this.#dirty.indexOf(1);
    while (from >= 0) {
      const clean = this.#dirty.indexOf(0, from);
      const to = clean < 0 ? this.#dirty.length : clean;
      spans.push({ from: from * BLOCK_ROWS, to: Math.min(to * BLOCK_ROWS, this.#placed.length) });
      from = this.#dirty.indexOf(1, to);
    }
    this.#dirty.fill(0);
    return spans.filter((span) => span.from < span.to);
  }

  #clear(): void {
    this.#placed = [];
    this.#rowOf.clear();
    this.#dirty.fill(0);
  }

  /** The last row moves to where the removed one was: rows are without holes. */
  #remove(id: string): void {
    const row = this.#rowOf.get(id);
    const last = this.#placed.pop();
    if (row === undefined || last === undefined) {
      if (last !== undefined) this.#placed.push(last);
      return;
    }
    this.#rowOf.delete(id);
    if (row === this.#placed.length) return;
    this.#rowOf.set(last.vehicle.names.vehicleId, row);
    this.#write(row, last);
  }

  #put(vehicle: Vehicle, heardMs: number): void {
    const id = vehicle.names.vehicleId;
    const known = this.#rowOf.get(id);
    const before = known === undefined ? undefined : this.#placed[known];
    const row = known ?? this.#placed.length;
    const motion = before ? goOn(before.motion, fixOf(vehicle), heardMs) : begin(fixOf(vehicle), heardMs);
    if (known === undefined) this.#makeRoom(row + 1);
    this.#rowOf.set(id, row);
    this.#write(row, { vehicle, motion, course: courseOf(motion), isShown: this.#isShown(id) });
  }

  #makeRoom(count: number): void {
    if (count * ROW_FLOATS <= this.#rows.length) return;
    const rows = new Float32Array(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
    this.#dirty = new Uint8Array(this.#dirty.length * 2).fill(1);
  }

  #write(row: number, placed: Placed): void {
    this.#placed[row] = placed;
    this.#movesUntilMs = Math.max(this.#movesUntilMs, restsFromMs(placed.course));
    writeRow(this.#rows, row * ROW_FLOATS, placed, this.#baseMs);
    this.#dirty[Math.floor(row / BLOCK_ROWS)] = 1;
  }
}

/** Return what a vehicle tells of where it is. */
export function fixOf(vehicle: Vehicle): Fix {
  const { timeMs, lat, lon, speedMps, headingDeg } = vehicle;
  return { timeMs, lat, lon, speedMps, headingDeg, isMoving: vehicle.state === "moving" };
}

function writeRow(rows: Float32Array, at: number, { vehicle, course, isShown }: Placed, baseMs: number): void {
  const { x, y, atMs, headingDeg, fadesFromMs } = course;
  const [newestX, newestY] = [x[2], y[2]];
  rows[at] = newestX;
  rows[at + 1] = newestY;
  rows[at + 2] = newestX - Math.fround(newestX);
  rows[at + 3] = newestY - Math.fround(newestY);
  rows[at + 4] = x[0] - newestX;
  rows[at + 5] = y[0] - newestY;
  rows[at + 6] = x[1] - newestX;
  rows[at + 7] = y[1] - newestY;
  rows[at + 8] = x[3] - newestX;
  rows[at + 9] = y[3] - newestY;
  rows[at + 10] = headingDeg?.[0] ?? 0;
  rows[at + 11] = headingDeg?.[1] ?? 0;
  for (let point = 0; point < 4; point += 1) rows[at + 12 + point] = ((atMs[point] ?? 0) - baseMs) / 1_000;
  rows[at + 16] = headingDeg?.[2] ?? 0;
  rows[at + 17] = isShown ? markOf(stateOf(vehicle), headingDeg !== null) : NO_MARK;
  rows[at + 18] = Number.isFinite(fadesFromMs) ? (fadesFromMs - baseMs) / 1_000 : NEVER_S;
  rows[at + 19] = 0;
}
