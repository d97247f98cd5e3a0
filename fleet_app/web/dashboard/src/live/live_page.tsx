/**
 * The live page: the map, and beside it or in its place the table that says the same.
 *
 * Its regions are named in `live_page.css`: figures across the top, the bar, the map with what lies over it, and the side.
 * What comes later (figures, an inbox, routes) goes into one of them.
 */

import { useEffect, useRef, useState } from "preact/hooks";
import { geofencesOnMap } from "../geofences/on_map";
import { Geofences } from "../geofences/panel";
import { strings } from "../strings";
import { FilterBar, Tally } from "../vehicles/filter_bar";
import { FleetNotice, hasRows } from "../vehicles/fleet_notice";
import { SearchBox } from "../vehicles/search_box";
import { SelectionCard } from "../vehicles/selection_card";
import { VehicleTable } from "../vehicles/vehicle_table";
import { keepInAddress, PARTS, part } from "../vehicles/view";
import { LiveMap } from "./live_map";
import "./live_page.css";

export function LivePage() {
  // Begun before anything is drawn, so that the page comes up as its address says.
  const [end] = useState(keepInAddress);
  useEffect(() => end, []);
  useEffect(geofencesOnMap, []);
  // The map is loaded when it is first seen, and stays: a table alone needs none.
  const wasMapSeen = useRef(false);
  wasMapSeen.current ||= part.value !== "table";
  return (
    <div class={`live live--${part.value} ${hasRows() ? "" : "live--empty"}`}>
      <h1 class="visually-hidden">{strings.app.live}</h1>
      <div class="live__bar">
        <SearchBox />
        <PartChoice />
        <Tally />
        <FilterBar />
      </div>
      <div class="live__map">{wasMapSeen.current && <LiveMap />}</div>
      {part.value === "geofences" ? (
        <section class="live__side live__side--geofences" aria-label={strings.geofences.title}>
          <Geofences />
        </section>
      ) : (
        <section class="live__side" aria-label={strings.table.title}>
          {hasRows() ? <VehicleTable /> : <FleetNotice />}
        </section>
      )}
      <div class="live__selection">
        <SelectionCard />
      </div>
    </div>
  );
}

function PartChoice() {
  return (
    <fieldset class="live__parts">
      <legend class="visually-hidden">{strings.table.parts}</legend>
      {PARTS.map((each) => (
        <button
          key={each}
          type="button"
          class="live__part"
          aria-pressed={part.value === each}
          onClick={() => {
            part.value = each;
          }}
        >
          {strings.table.partNames[each]}
        </button>
      ))}
    </fieldset>
  );
}
