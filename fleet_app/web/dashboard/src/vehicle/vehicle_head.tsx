/** Which vehicle it is, and how it is. */

import type { VehicleNow } from "../api/vehicles";
import { nowMs } from "../app/state";
import { strings } from "../strings";
import { duration, speed } from "../units/formats";
import { stateName } from "../vehicles/shown_state";
import { StateMark } from "../vehicles/state_mark";
import { stateNow } from "./state_now";

const words = strings.vehicle;

interface Props {
  readonly vehicleId: string;
  /** Null while it is not known. */
  readonly vehicle: VehicleNow | null;
}

export function VehicleHead({ vehicleId, vehicle }: Props) {
  const name = vehicle?.profile?.name ?? vehicleId;
  return (
    <div class="vehicle-head">
      <div class="vehicle-head__who">
        <h1>
          {name}
          {name !== vehicleId && <span class="vehicle-head__id"> {vehicleId}</span>}
        </h1>
        {vehicle !== null && <State vehicle={vehicle} />}
        {vehicle !== null && <Names vehicle={vehicle} />}
      </div>
      {vehicle?.last && (
        <a class="button" href={`/?${new URLSearchParams({ vehicle: vehicleId, follow: "1" })}`}>
          {words.showOnMap}
        </a>
      )}
    </div>
  );
}

function State({ vehicle }: { readonly vehicle: VehicleNow }) {
  const state = stateNow(vehicle);
  return (
    <p class="vehicle-head__state">
      <span class="vehicle-head__mark" role="status">
        <StateMark state={state} /> {stateName(state)}
      </span>
      {state === "moving" && <span class="numbers">{speed(vehicle.speed_mps)}</span>}
      <span class="quiet numbers">
        {vehicle.last === null ? words.noPosition : words.positionAgo(ageOf(vehicle.last.time_ms))}
      </span>
    </p>
  );
}

function Names({ vehicle: { profile } }: { readonly vehicle: VehicleNow }) {
  const told = [
    [words.plate, profile?.plate],
    [words.driver, profile?.driver],
    [words.group, profile?.group],
    [words.tags, profile?.tags.join(", ")],
  ].filter(([, value]) => value);
  if (told.length === 0) return null;
  return (
    <dl class="vehicle-head__names">
      {told.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** How long ago a time is by the worker's clock; a device's clock may be ahead of it. */
export function ageOf(timeMs: number): string {
  return duration(Math.max(0, nowMs.value - timeMs) / 1_000);
}
