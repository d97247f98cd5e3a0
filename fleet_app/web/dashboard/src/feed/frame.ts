/** What one message of the live feed says; `docs/live.md` describes its bytes. */

export const STATES = ["moving", "halt", "stop", "idle", "idle_probable", "offline"] as const;
/** What a vehicle is doing. */
export type State = (typeof STATES)[number];

/** What people know a vehicle by. */
export interface Names {
  readonly vehicleId: string;
  readonly tenant: string;
  readonly name: string | null;
  readonly plate: string | null;
  readonly driver: string | null;
  readonly group: string | null;
  readonly tags: readonly string[];
}

/** A vehicle's newest position, without its names: those are told once. */
export interface Seen {
  /** The number that stands for the vehicle in frames, the same on every worker. */
  readonly number: bigint;
  /** When the position was taken, by the device's clock, ms since 1970. */
  readonly timeMs: number;
  readonly lat: number;
  readonly lon: number;
  readonly speedMps: number | null;
  readonly speedSource: "device" | "track" | "none";
  readonly headingDeg: number | null;
  /** Null until it is known. */
  readonly state: State | null;
  /** Whether the position may still be refused. */
  readonly isProvisional: boolean;
  readonly ignition: boolean | null;
  /** There in frames with `fields=full` alone. */
  readonly details?: Details | undefined;
}

/** What else is told of a vehicle to those who ask for everything. */
export interface Details {
  readonly odometerM: number;
  /** When its newest position came in, ms since 1970. */
  readonly receivedMs: number;
  /** How many of its fixes were accepted so far. */
  readonly fixes: number;
  readonly accuracyM: number | null;
  readonly altitudeM: number | null;
  /** The trip that goes on. */
  readonly tripId: string | null;
  /** The geofences that it is in. */
  readonly geofenceIds: readonly string[];
}

export interface Frame {
  /** `reset`: forget all vehicles first. `heartbeat`: nothing has changed. */
  readonly kind: "delta" | "reset" | "heartbeat";
  /** When it was made, by the worker's clock, ms since 1970. */
  readonly timeMs: number;
  /** How old what the worker knew may have been, ms; null before it knew anything. */
  readonly behindMs: number | null;
  /** Where to go on from; empty in the middle of something. */
  readonly token: string;
  /** Vehicles to forget, before the others are applied. */
  readonly gone: readonly bigint[];
  readonly seen: readonly Seen[];
  readonly names: ReadonlyMap<bigint, Names>;
}
