/** The map of the live page: every vehicle where it is, and a word beside the one that is meant. */

import type { Map as MapLibreMap } from "maplibre-gl";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { query } from "../app/route";
import { fleet, fleetRevision, nowMs, selectedId } from "../app/state";
import { WORLD } from "../base_map/map_setup";
import { PlainMap } from "../base_map/plain_map";
import { atOf } from "../map/camera";
import { FleetView } from "../map/fleet_view";
import { strings } from "../strings";
import { duration, speed } from "../units/formats";
import { nameOf } from "../vehicles/order";
import { ageMs, stateName, stateOf } from "../vehicles/shown_state";
import { StateMark } from "../vehicles/state_mark";
import { mapOf } from "./the_map";
import "./live_map.css";

interface Shown {
  readonly map: MapLibreMap;
  readonly view: FleetView;
}

/** What it shows is in the table as well, for those who do not see it. */
export function LiveMap() {
  const [shown, setShown] = useState<Shown | null>(null);
  const [first] = useState(() => atOf(query.peek().get("at")) ?? WORLD);
  const showFleet = (map: MapLibreMap) => {
    const view = new FleetView(map);
    setShown({ map, view });
    mapOf.value = map;
    return () => {
      mapOf.value = null;
      setShown(null);
      view.end();
    };
  };
  return (
    <div class="live-map">
      <PlainMap label={strings.map.ofFleet} view={first} onReady={showFleet} />
      {shown && <Labels {...shown} />}
    </div>
  );
}

function Labels({ map, view }: Shown) {
  const selected = selectedId.value;
  const hovered = view.hoveredId.value;
  return (
    <>
      {selected !== null && <Label key={selected} vehicleId={selected} map={map} view={view} />}
      {hovered !== null && hovered !== selected && <Label key={hovered} vehicleId={hovered} map={map} view={view} />}
    </>
  );
}

/** So much room a label needs beside its vehicle, CSS pixels. */
const LABEL_PX = 200;
const BESIDE_PX = 24;

/** Return where a label stands: to the right of its vehicle, or to the left where the map ends. */
function besideOf({ x, y }: { readonly x: number; readonly y: number }, width: number): string {
  const isRight = x + LABEL_PX <= width;
  return isRight ? `translate(${x + BESIDE_PX}px, ${y}px)` : `translate(calc(${x - BESIDE_PX}px - 100%), ${y}px)`;
}

/** Name, state, speed and age beside a vehicle; it goes where the vehicle goes. */
function Label({ vehicleId, map, view }: Shown & { readonly vehicleId: string }) {
  const place = useRef<HTMLDivElement>(null);
  fleetRevision.value;
  const vehicle = fleet.vehicles.get(vehicleId);
  useLayoutEffect(() => {
    const move = () => {
      const point = view.pointOf(vehicleId);
      if (place.current === null) return;
      place.current.hidden = point === null;
      if (point !== null) place.current.style.transform = besideOf(point, map.getCanvas().clientWidth);
    };
    move();
    map.on("render", move);
    return () => {
      map.off("render", move);
    };
  }, [vehicleId, map, view]);
  if (vehicle === undefined) return null;
  const state = stateOf(vehicle);
  return (
    <div ref={place} class="live-map__label" aria-hidden="true">
      <strong class="live-map__name">{nameOf(vehicle.names)}</strong>
      <span class="live-map__facts numbers">
        <StateMark state={state} /> {state === "moving" ? speed(vehicle.speedMps) : stateName(state)}
        <span class="quiet">{strings.map.ago(duration(ageMs(vehicle, nowMs.value) / 1_000))}</span>
      </span>
    </div>
  );
}
