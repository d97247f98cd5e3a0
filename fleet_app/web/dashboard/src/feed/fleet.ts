/** Every vehicle as the feed last told it. */

import type { Frame, Names, Seen } from "./frame";

/** A vehicle as it was last told; each change is a new object. */
export interface Vehicle extends Seen {
  readonly names: Names;
}

/** What one frame has changed. */
export interface Changes {
  /** Whether everything known before was forgotten first. */
  readonly isReset: boolean;
  /** The ids of vehicles that are gone. */
  readonly gone: readonly string[];
  readonly changed: readonly Vehicle[];
}

export type Listener = (changes: Changes) => void;

export class Fleet {
  readonly #byId = new Map<string, Vehicle>();
  readonly #ids = new Map<bigint, string>();
  readonly #listeners = new Set<Listener>();

  /** All vehicles by id. The same map all the time: it changes with every frame. */
  get vehicles(): ReadonlyMap<string, Vehicle> {
    return this.#byId;
  }

  /** The vehicle that a number stands for, if it is known. */
  numbered(number: bigint): Vehicle | undefined {
    const id = this.#ids.get(number);
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /** Call a listener with what every frame changes; returns what ends that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Take over what a frame says. Vehicles whose names were never told are passed over. */
  apply(frame: Frame): void {
    const isReset = frame.kind === "reset";
    if (isReset) {
      this.#byId.clear();
      this.#ids.clear();
    }
    const gone = this.#forget(frame.gone);
    const changed: Vehicle[] = [];
    for (const seen of frame.seen) {
      const vehicle = this.#put(seen, frame.names.get(seen.number));
      if (vehicle !== null) changed.push(vehicle);
    }
    if (!isReset && gone.length === 0 && changed.length === 0) return;
    for (const listener of this.#listeners) listener({ isReset, gone, changed });
  }

  #forget(numbers: readonly bigint[]): string[] {
    const gone: string[] = [];
    for (const number of numbers) {
      const id = this.#ids.get(number);
      if (id === undefined) continue;
      this.#ids.delete(number);
      this.#byId.delete(id);
      gone.push(id);
    }
    return gone;
  }

  #put(seen: Seen, told: Names | undefined): Vehicle | null {
    const names = told ?? this.numbered(seen.number)?.names;
    if (names === undefined) return null;
    const vehicle = vehicleOf(seen, names);
    this.#ids.set(seen.number, names.vehicleId);
    this.#byId.set(names.vehicleId, vehicle);
    return vehicle;
  }
}

/** Field by field, because that is ten times as fast as spreading, and every row of every frame comes this way. */
function vehicleOf(seen: Seen, names: Names): Vehicle {
  return {
    number: seen.number,
    timeMs: seen.timeMs,
    lat: seen.lat,
    lon: seen.lon,
    speedMps: seen.speedMps,
    speedSource: seen.speedSource,
    headingDeg: seen.headingDeg,
    state: seen.state,
    isProvisional: seen.isProvisional,
    ignition: seen.ignition,
    details: seen.details,
    names,
  };
}
