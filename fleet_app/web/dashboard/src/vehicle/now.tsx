/** What is known of a vehicle now, each fact with where it comes from. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { readOne } from "../api/geofences";
import type { Fix, OpenLeg, VehicleNow } from "../api/vehicles";
import { pathOf } from "../app/route";
import { strings } from "../strings";
import { clock, dateAndTime, distance, duration, hourAndMinute, number, speed, UNKNOWN } from "../units/formats";
import { stateName } from "../vehicles/shown_state";
import { StateMark } from "../vehicles/state_mark";
import { refusedIn } from "../why/reasons";
import { WindowsChart } from "../windows/windows_chart";
import { PlaceMap } from "./place_map";
import { stateNow } from "./state_now";
import { ageOf } from "./vehicle_head";
import "./now.css";

const words = strings.vehicle;

interface Props {
  readonly vehicle: VehicleNow;
}

export function Now({ vehicle }: Props) {
  return (
    <>
      <div class="now">
        <Position vehicle={vehicle} />
        <Doing vehicle={vehicle} />
        <Today vehicle={vehicle} />
        <InAll vehicle={vehicle} />
        {vehicle.last !== null && (
          <section class="card now__map" aria-labelledby="now-map">
            <h2 id="now-map" class="visually-hidden">
              {words.mapTitle}
            </h2>
            <PlaceMap name={vehicle.profile?.name ?? vehicle.vehicle_id} place={vehicle.last} />
          </section>
        )}
      </div>
      {vehicle.last !== null && <WindowsChart vehicleId={vehicle.vehicle_id} newestMs={vehicle.last.time_ms} />}
    </>
  );
}

function Position({ vehicle: { last, is_provisional, received_ms } }: Props) {
  if (last === null) {
    return (
      <Group title={words.position}>
        <Fact name={words.time}>{words.noPosition}</Fact>
      </Group>
    );
  }
  return (
    <Group title={words.position}>
      <Fact name={words.time}>{words.atAge(clock(last.time_ms), ageOf(last.time_ms))}</Fact>
      {received_ms !== null && <Fact name={words.received}>{words.ago(ageOf(received_ms))}</Fact>}
      <Fact name={words.certainty}>
        {is_provisional ? words.provisional : words.accepted}
        {is_provisional && <Aside>{words.provisionalHelp}</Aside>}
      </Fact>
      <Fact name={words.place}>{`${number(last.lat, 5)}, ${number(last.lon, 5)}`}</Fact>
      <Reported fix={last} />
    </Group>
  );
}

/** What only some devices report. */
function Reported({ fix }: { readonly fix: Fix }) {
  return (
    <>
      {fix.accuracy_m !== undefined && <Fact name={words.accuracy}>{words.within(distance(fix.accuracy_m))}</Fact>}
      {fix.heading_deg !== undefined && <Fact name={words.heading}>{words.degrees(number(fix.heading_deg))}</Fact>}
      {fix.altitude_m !== undefined && <Fact name={words.altitude}>{distance(fix.altitude_m)}</Fact>}
      {fix.ignition !== undefined && <Fact name={words.ignition}>{fix.ignition ? words.on : words.off}</Fact>}
    </>
  );
}

function Doing({ vehicle }: Props) {
  const state = stateNow(vehicle);
  return (
    <Group title={words.doing}>
      <Fact name={words.state}>
        <StateMark state={state} /> {stateName(state)}
      </Fact>
      {vehicle.leg !== null && <Leg vehicleId={vehicle.vehicle_id} leg={vehicle.leg} />}
      <Fact name={words.speed}>
        {speed(vehicle.speed_mps)}
        <Aside>{words.speedSources[vehicle.speed_source]}</Aside>
      </Fact>
      <Fact name={words.geofences}>
        <Geofences ids={vehicle.geofence_ids} />
      </Fact>
    </Group>
  );
}

function Leg({ vehicleId, leg }: { readonly vehicleId: string; readonly leg: OpenLeg }) {
  const isTrip = leg.kind === "trip";
  const since = (isTrip ? words.onTrip : words.atStop)(hourAndMinute(leg.start_ms), ageOf(leg.start_ms));
  const path = pathOf({ page: "vehicle", vehicleId, part: "trips" });
  return (
    <>
      <Fact name={words.since}>
        {since}
        {isTrip && (
          <Aside>
            <a href={`${path}?${new URLSearchParams({ trip: leg.id })}`}>{words.tripLink}</a>
          </Aside>
        )}
      </Fact>
      {isTrip && <Fact name={words.tripDistance}>{distance(leg.distance_m)}</Fact>}
    </>
  );
}

function Geofences({ ids }: { readonly ids: readonly string[] }) {
  const names = useGeofenceNames(ids);
  return <>{ids.length === 0 ? words.noGeofence : ids.map((id) => names.get(id) ?? id).join(", ")}</>;
}

function Today({ vehicle: { day } }: Props) {
  if (day === null) {
    return (
      <Group title={words.today}>
        <Fact name={words.distance}>
          {UNKNOWN}
          <Aside>{words.noDay}</Aside>
        </Fact>
      </Group>
    );
  }
  return (
    <Group title={words.today} help={words.todaySince(dateAndTime(day.start_ms))}>
      <Fact name={words.distance}>{distance(day.distance_m)}</Fact>
      <Fact name={words.moving}>{duration(day.moving_s)}</Fact>
      <Fact name={words.idle}>{duration(day.idle_s)}</Fact>
      <Fact name={words.idleProbable}>{duration(day.idle_probable_s)}</Fact>
      <Fact name={words.stopped}>{duration(day.stop_s)}</Fact>
    </Group>
  );
}

function InAll({ vehicle }: Props) {
  const why = pathOf({ page: "vehicle", vehicleId: vehicle.vehicle_id, part: "why" });
  return (
    <Group title={words.inAll}>
      <Fact name={words.odometer}>{distance(vehicle.odometer_m)}</Fact>
      <Fact name={words.interval}>{duration(vehicle.interval_s)}</Fact>
      <Fact name={words.quality}>
        {words.qualityLine(number(vehicle.accepted), number(refusedIn(vehicle.refused)))}
        <Aside>
          <a href={why}>{words.whyLink}</a>
        </Aside>
      </Fact>
      <Fact name={words.harsh}>{vehicle.harsh_observable ? words.harshSeen : words.harshUnseen}</Fact>
    </Group>
  );
}

interface GroupProps {
  readonly title: string;
  readonly help?: string;
  readonly children: ComponentChildren;
}

function Group({ title, help, children }: GroupProps) {
  return (
    <section class="card now__group">
      <h2>{title}</h2>
      <dl class="facts">{children}</dl>
      {help !== undefined && <p class="quiet">{help}</p>}
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div class="facts__fact">
      <dt>{name}</dt>
      <dd class="numbers">{children}</dd>
    </div>
  );
}

function Aside({ children }: { readonly children: ComponentChildren }) {
  return <span class="facts__aside">{children}</span>;
}

function useGeofenceNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const asked = ids.join("\n");
  useEffect(() => {
    let isShown = true;
    Promise.all(ids.map(nameOf)).then((told) => isShown && setNames(new Map(told)));
    return () => {
      isShown = false;
    };
  }, [asked]);
  return names;
}

async function nameOf(geofenceId: string): Promise<readonly [string, string]> {
  // The id stands where the name cannot be read: it is right, if less telling.
  const geofence = await readOne(geofenceId).catch(() => null);
  return [geofenceId, geofence?.name ?? geofenceId];
}
