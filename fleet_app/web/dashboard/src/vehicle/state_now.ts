/** What a vehicle is shown as on its own page: the same as on the map and in the table. */

import type { VehicleNow } from "../api/vehicles";
import { type ShownState, stateOf } from "../vehicles/shown_state";

export function stateNow({ state, is_provisional, speed_mps, speed_source }: VehicleNow): ShownState {
  return stateOf({ state, isProvisional: is_provisional, speedMps: speed_mps, speedSource: speed_source });
}
