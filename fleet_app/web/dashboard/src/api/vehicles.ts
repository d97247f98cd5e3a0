/** One vehicle as the worker tells it (`docs/api.md`). Names are those of the answers. */

import type { State } from "../feed/frame";
import { get } from "./ask";

/** Where a vehicle is shown. What its device did not report is left out. */
export interface Fix {
  readonly time_ms: number;
  readonly lat: number;
  readonly lon: number;
  readonly speed_mps?: number;
  readonly heading_deg?: number;
  readonly accuracy_m?: number;
  readonly altitude_m?: number;
  readonly ignition?: boolean;
}

/** What people know a vehicle by. */
export interface Profile {
  readonly name: string | null;
  readonly plate: string | null;
  readonly driver: string | null;
  readonly group: string | null;
  readonly tags: readonly string[];
}

/** The trip or stop that goes on. */
export interface OpenLeg {
  readonly id: string;
  readonly kind: "trip" | "stop";
  readonly start_ms: number;
  readonly distance_m: number;
}

/** What a vehicle did so far on the day of its newest fix, in the fleet's time zone. */
export interface Day {
  readonly start_ms: number;
  readonly distance_m: number;
  readonly moving_s: number;
  readonly idle_s: number;
  readonly idle_probable_s: number;
  readonly stop_s: number;
}

/** How many positions were refused, by reason. */
export type Refused = Readonly<Record<string, number>>;

/** Where a vehicle is and what it does. Null is what is not known yet. */
export interface VehicleNow {
  readonly vehicle_id: string;
  readonly tenant: string;
  readonly profile: Profile | null;
  readonly last: Fix | null;
  /** Whether `last` may still be refused. */
  readonly is_provisional: boolean;
  readonly state: State | null;
  readonly speed_mps: number | null;
  readonly speed_source: "device" | "track" | "none";
  readonly received_ms: number | null;
  readonly odometer_m: number;
  readonly interval_s: number | null;
  readonly harsh_observable: boolean;
  readonly leg: OpenLeg | null;
  readonly geofence_ids: readonly string[];
  readonly day: Day | null;
  readonly accepted: number;
  readonly refused: Refused;
  readonly waiting: number | null;
  readonly late: number;
}

export const WINDOW_SIZES = ["1m", "1h", "1d"] as const;
export type WindowSize = (typeof WINDOW_SIZES)[number];

/** What happened in a minute, an hour or a day. One in which nothing happened is not told. */
export interface Window {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly fixes: number;
  readonly distance_m: number;
  readonly moving_s: number;
  readonly idle_s: number;
  readonly idle_probable_s: number;
  readonly stop_s: number;
  /** Distance over time on the move; null where nothing moved. */
  readonly mean_speed_mps: number | null;
  readonly max_speed_mps: number | null;
}

/** The windows that start in [`from_ms`, `to_ms`), oldest first. */
export interface Windows {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly items: readonly Window[];
}

/** What became of positions; all of them together are `sent`. */
export interface Sent {
  readonly sent: number;
  readonly accepted: number;
  readonly refused: Refused;
  /** In the reorder buffer. */
  readonly waiting: number;
  /** Came later than the reorder buffer waits, and about to be worked in. */
  readonly late: number;
}

export interface Place {
  readonly time_ms: number;
  readonly lat: number;
  readonly lon: number;
}

/** A refused position: where and when it claimed to be, and when it came in. */
export interface RefusedPlace extends Place {
  readonly reason: string;
  readonly received_ms: number;
  readonly offset: number;
}

/** So many of `count` as are shown, spread evenly, oldest first. */
export interface Some<T> {
  readonly count: number;
  readonly items: readonly T[];
}

/** What a vehicle sent, beside what was accepted of it. */
export interface Quality {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly span: Sent;
  readonly all_time: Sent;
  readonly accepted: Some<Place>;
  readonly refused: Some<RefusedPlace>;
}

/** A span of event time, ms since 1970: `fromMs` is part of it, `toMs` is not. */
export interface AskedWindows {
  readonly size: WindowSize;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Return one vehicle at its newest fix. @throws {Problem} It is not known, or cannot be read. */
export function vehicleOf(vehicleId: string, signal?: AbortSignal): Promise<VehicleNow> {
  return get<VehicleNow>(pathOf(vehicleId), signal);
}

/** Return its windows that start in a span, 1,440 of them at most. @throws {Problem} They cannot be read. */
export function windowsOf(vehicleId: string, asked: AskedWindows, signal?: AbortSignal): Promise<Windows> {
  return get<Windows>(`${pathOf(vehicleId)}/windows?${queryOf(asked)}`, signal);
}

/** Return the address of the same windows as a table for spreadsheets. */
export function windowsCsv(vehicleId: string, asked: AskedWindows): string {
  return `${pathOf(vehicleId)}/windows?${queryOf(asked)}&format=csv`;
}

/** Return what it sent since a time, event time; in the last 24 h without one. @throws {Problem} It cannot be read. */
export function qualityOf(vehicleId: string, fromMs: number | null, signal?: AbortSignal): Promise<Quality> {
  return get<Quality>(`${pathOf(vehicleId)}/quality${fromMs === null ? "" : `?from=${fromMs}`}`, signal);
}

function pathOf(vehicleId: string): string {
  return `/api/vehicles/${encodeURIComponent(vehicleId)}`;
}

function queryOf({ size, fromMs, toMs }: AskedWindows): URLSearchParams {
  return new URLSearchParams({ size, from: String(fromMs), to: String(toMs) });
}
