/** What the table says of a vehicle: all that the map shows, in words. */

import type { ComponentChildren } from "preact";
import type { Vehicle } from "../feed/fleet";
import { strings } from "../strings";
import { duration, number, speed, UNKNOWN } from "../units/formats";
import { compassWord } from "./heading";
import { nameOf, type SortKey } from "./order";
import { ageMs, isStale, speedNowMps, stateName, stateOf } from "./shown_state";
import { StateMark } from "./state_mark";

interface Column {
  readonly key: SortKey;
  readonly isNumber?: true;
  readonly cell: (vehicle: Vehicle, nowMs: number) => ComponentChildren;
}

/** From left to right: beside the map only the first few are seen without scrolling. */
export const COLUMNS: readonly Column[] = [
  { key: "status", cell: (vehicle) => <Status vehicle={vehicle} /> },
  { key: "name", cell: ({ names }) => <Name name={nameOf(names)} vehicleId={names.vehicleId} /> },
  { key: "speed", isNumber: true, cell: (vehicle) => speed(speedNowMps(vehicle)) },
  { key: "age", isNumber: true, cell: (vehicle, nowMs) => <Age vehicle={vehicle} nowMs={nowMs} /> },
  { key: "driver", cell: ({ names }) => names.driver ?? UNKNOWN },
  { key: "group", cell: ({ names }) => names.group ?? UNKNOWN },
  { key: "plate", cell: ({ names }) => names.plate ?? UNKNOWN },
  { key: "heading", cell: (vehicle) => compassWord(vehicle.headingDeg) ?? UNKNOWN },
  { key: "position", isNumber: true, cell: positionOf },
  { key: "ignition", cell: ({ ignition }) => ignitionWord(ignition) },
  { key: "certainty", cell: ({ isProvisional }) => certaintyWord(isProvisional) },
];

/** Return a position as people pass it on: latitude, longitude. */
export function positionOf({ lat, lon }: Pick<Vehicle, "lat" | "lon">): string {
  return `${number(lat, 5)}, ${number(lon, 5)}`;
}

export function Status({ vehicle }: { readonly vehicle: Vehicle }) {
  const state = stateOf(vehicle);
  return (
    <>
      <StateMark state={state} /> {stateName(state)}
    </>
  );
}

function Name({ name, vehicleId }: { readonly name: string; readonly vehicleId: string }) {
  return (
    <>
      {name}
      {name !== vehicleId && <span class="quiet"> {vehicleId}</span>}
    </>
  );
}

function Age({ vehicle, nowMs }: { readonly vehicle: Vehicle; readonly nowMs: number }) {
  const age = duration(Math.floor(ageMs(vehicle, nowMs) / 1_000));
  // Of those that are offline it is known; a mark is for those that look alive.
  const isMarked = isStale(vehicle, nowMs) && stateOf(vehicle) !== "offline";
  return isMarked ? <span class="vehicle-table__stale">{age}</span> : age;
}

function ignitionWord(ignition: boolean | null): string {
  if (ignition === null) return UNKNOWN;
  return ignition ? strings.table.ignitionOn : strings.table.ignitionOff;
}

function certaintyWord(isProvisional: boolean): string {
  return isProvisional ? strings.table.provisional : strings.table.accepted;
}
