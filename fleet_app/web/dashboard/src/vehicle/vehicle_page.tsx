/** The page of one vehicle: what it does now, its trips, and why what it sent was believed or not. */

import { useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Problem } from "../api/ask";
import { type Polling, usePolled } from "../api/polling";
import { type VehicleNow, vehicleOf } from "../api/vehicles";
import { pathOf, VEHICLE_PARTS, type VehiclePart } from "../app/route";
import { fleet, fleetRevision, nowMs } from "../app/state";
import { strings } from "../strings";
import { Trips } from "../trips/trips";
import { Notice, ProblemNotice } from "../ui/notice";
import { clock, duration } from "../units/formats";
import { STALE_AFTER_MS } from "../vehicles/shown_state";
import { Why } from "../why/why";
import { Now } from "./now";
import { VehicleHead } from "./vehicle_head";
import "./vehicle_page.css";

const words = strings.vehicle;
const EVERY_MS = 5_000;

interface Props {
  readonly vehicleId: string;
  readonly part: VehiclePart;
}

export function VehiclePage({ vehicleId, part }: Props) {
  const polling = usePolled(vehicleId, EVERY_MS, (signal) => vehicleOf(vehicleId, signal));
  useSoonWhenHeard(polling, vehicleId);
  const { value: vehicle, error, toldMs } = polling.told.value;
  const name = vehicle?.profile?.name ?? vehicleId;
  useTitle(name);
  return (
    <div class="page vehicle">
      <VehicleHead vehicleId={vehicleId} vehicle={vehicle} />
      {vehicle === null ? (
        <Missing vehicleId={vehicleId} error={error} retry={polling.soon} />
      ) : (
        <>
          <Parts vehicleId={vehicleId} part={part} />
          {error !== null && toldMs !== null && <NotRefreshed toldMs={toldMs} />}
          <Silent vehicle={vehicle} />
          <Part part={part} vehicle={vehicle} />
        </>
      )}
    </div>
  );
}

function Parts({ vehicleId, part }: Props) {
  return (
    <nav class="vehicle__parts" aria-label={words.parts}>
      {VEHICLE_PARTS.map((each) => (
        <a
          key={each}
          href={pathOf({ page: "vehicle", vehicleId, part: each })}
          aria-current={each === part ? "page" : undefined}
        >
          {words.partNames[each]}
        </a>
      ))}
    </nav>
  );
}

function Part({ part, vehicle }: { readonly part: VehiclePart; readonly vehicle: VehicleNow }) {
  switch (part) {
    case "now":
      return <Now vehicle={vehicle} />;
    case "trips":
      return <Trips vehicleId={vehicle.vehicle_id} />;
    case "why":
      return <Why vehicle={vehicle} />;
  }
}

interface MissingProps {
  readonly vehicleId: string;
  readonly error: unknown;
  readonly retry: () => void;
}

function Missing({ vehicleId, error, retry }: MissingProps) {
  if (error === null) return <Notice title={words.reading} />;
  const status = error instanceof Problem ? error.status : 0;
  if (status !== 404 && status !== 403) return <ProblemNotice error={error} retry={retry} />;
  return (
    <Notice title={status === 404 ? words.notThere(vehicleId) : strings.problems.forbidden} kind="problem">
      <p>{status === 404 ? words.notThereHelp : words.forbiddenHelp}</p>
      <a class="button" href="/">
        {words.toFleet}
      </a>
    </Notice>
  );
}

/** The worker was not heard: what is shown is as old as this says. */
function NotRefreshed({ toldMs }: { readonly toldMs: number }) {
  return (
    <p class="vehicle__old" role="status">
      <strong>{words.old(clock(toldMs))}.</strong> {words.oldHelp}
    </p>
  );
}

/** The vehicle was not heard. */
function Silent({ vehicle: { last } }: { readonly vehicle: VehicleNow }) {
  const ageMs = last === null ? 0 : nowMs.value - last.time_ms;
  if (ageMs < STALE_AFTER_MS) return null;
  return (
    <p class="vehicle__old">
      <strong>{words.unheard(duration(ageMs / 1_000))}.</strong> {words.unheardHelp}
    </p>
  );
}

/** Ask at once when the live feed has told of a newer position than the answer shows. */
function useSoonWhenHeard(polling: Polling<VehicleNow>, vehicleId: string): void {
  useSignalEffect(() => {
    fleetRevision.value;
    const heardMs = fleet.vehicles.get(vehicleId)?.timeMs;
    const shownMs = polling.told.peek().value?.last?.time_ms;
    if (heardMs !== undefined && shownMs !== undefined && heardMs > shownMs) polling.soon();
  });
}

function useTitle(name: string): void {
  useEffect(() => {
    document.title = words.title(name);
    return () => {
      document.title = strings.app.title;
    };
  }, [name]);
}
