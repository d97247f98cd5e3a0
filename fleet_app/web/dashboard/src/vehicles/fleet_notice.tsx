/** What stands in the place of the vehicles where there are none to be shown, and what to do. */

import { connection, fleet } from "../app/state";
import { strings } from "../strings";
import { Notice } from "../ui/notice";
import { visibleVehicles } from "./filter";
import { followed } from "./fleet_pace";
import { unfilter } from "./view";
import "./fleet_notice.css";

/** Return whether there is a vehicle to be shown. */
export function hasRows(): boolean {
  followed.value;
  return (visibleVehicles.value ?? fleet.vehicles).size > 0;
}

/** Return whether the worker has told which vehicles there are. */
export function isFleetKnown(): boolean {
  const { heardMs, behindMs } = connection.value;
  return fleet.vehicles.size > 0 || (heardMs !== null && behindMs !== null);
}

export function FleetNotice() {
  followed.value;
  if (fleet.vehicles.size > 0) return <NoMatch />;
  if (connection.value.phase === "cut") {
    return (
      <Notice title={strings.table.cut} kind="problem">
        <p>{strings.table.cutHelp}</p>
      </Notice>
    );
  }
  return isFleetKnown() ? <NoVehicles /> : <Connecting />;
}

function NoMatch() {
  return (
    <Notice title={strings.filters.noMatch}>
      <p>{strings.filters.noMatchHelp}</p>
      <button type="button" class="button" onClick={unfilter}>
        {strings.filters.reset}
      </button>
    </Notice>
  );
}

function Connecting() {
  return (
    <Notice title={strings.table.connecting}>
      <p>{strings.table.connectingHelp}</p>
    </Notice>
  );
}

function NoVehicles() {
  return (
    <Notice title={strings.table.none}>
      <p>{strings.table.noneHelp}</p>
      <pre class="fleet-notice__command">{firstPosition(location.origin)}</pre>
      <p>
        {strings.table.noneKey} <code>-H "Authorization: Bearer $FLEET_API_KEY"</code>
      </p>
    </Notice>
  );
}

/** A command that sends the position of a first vehicle to this worker, now. */
function firstPosition(origin: string): string {
  return [
    `curl ${origin}/api/positions -H 'content-type: application/json' \\`,
    `  -d '{"vehicle_id":"van-7","time_ms":'$(date +%s000)',"lat":52.4312,"lon":13.5345,"speed_mps":8.3}'`,
  ].join("\n");
}
