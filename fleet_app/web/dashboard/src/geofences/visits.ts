/** Who comes into a geofence and leaves it, told from one look at it to the next. */

/** A vehicle that is inside, as the worker lists it. */
export interface Inside {
  readonly vehicleId: string;
  readonly name: string;
  /** When its newest judged position was taken, by the device's clock, ms since 1970. */
  readonly timeMs: number;
}

export interface Seen {
  readonly kind: "entered" | "left";
  readonly vehicleId: string;
  readonly name: string;
  /** Of the position by which it was seen; null where the vehicle is not told of any more. */
  readonly timeMs: number | null;
}

/** What was seen of a geofence since this page began to look. */
export interface Visits {
  /** Null before the first look. */
  readonly inside: ReadonlyMap<string, Inside> | null;
  /** Newest first. */
  readonly seen: readonly Seen[];
}

const MOST_SEEN = 50;

export const NOTHING_SEEN: Visits = { inside: null, seen: [] };

/**
 * Return what is known after one more look. Who is inside at the first one has not been seen to come.
 * @param timeOf When a vehicle that is not inside any more was last placed, ms since 1970; null if it is not known.
 */
export function afterLook(
  before: Visits,
  now: readonly Inside[],
  timeOf: (vehicleId: string) => number | null,
): { readonly visits: Visits; readonly fresh: readonly Seen[] } {
  const inside = new Map(now.map((vehicle) => [vehicle.vehicleId, vehicle]));
  const fresh =
    before.inside === null ? [] : [...leaving(before.inside, inside, timeOf), ...entering(before.inside, inside)];
  // Vehicles that were seen in one look have come and gone in the order of their positions.
  fresh.sort((one, other) => (other.timeMs ?? 0) - (one.timeMs ?? 0));
  return { visits: { inside, seen: [...fresh, ...before.seen].slice(0, MOST_SEEN) }, fresh };
}

function* entering(before: ReadonlyMap<string, Inside>, now: ReadonlyMap<string, Inside>): Generator<Seen> {
  for (const { vehicleId, name, timeMs } of now.values()) {
    if (!before.has(vehicleId)) yield { kind: "entered", vehicleId, name, timeMs };
  }
}

function* leaving(
  before: ReadonlyMap<string, Inside>,
  now: ReadonlyMap<string, Inside>,
  timeOf: (vehicleId: string) => number | null,
): Generator<Seen> {
  for (const { vehicleId, name } of before.values()) {
    if (!now.has(vehicleId)) yield { kind: "left", vehicleId, name, timeMs: timeOf(vehicleId) };
  }
}
