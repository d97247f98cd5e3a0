/** The selected vehicle, in a few words, and what can be done with it. */

import type { ComponentChildren } from "preact";
import { pathOf } from "../app/route";
import { nowMs, selected, selectedId } from "../app/state";
import type { Vehicle } from "../feed/fleet";
import { strings } from "../strings";
import { dateAndTime, duration, speed } from "../units/formats";
import { positionOf, Status } from "./columns";
import { visibleVehicles } from "./filter";
import { isFleetKnown } from "./fleet_notice";
import { compassWord } from "./heading";
import { nameOf } from "./order";
import { ageMs, isStale, speedNowMps } from "./shown_state";
import { isFollowing, part, unselect } from "./view";
import "./selection_card.css";

export function SelectionCard() {
  const vehicleId = selectedId.value;
  if (vehicleId === null) return null;
  const vehicle = selected.value;
  return (
    <section
      class="selection-card"
      aria-label={strings.table.selection}
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
      }}
    >
      {vehicle === null ? <NotThere vehicleId={vehicleId} /> : <Card vehicle={vehicle} />}
      <button type="button" class="selection-card__close" aria-label={strings.table.close} onClick={close}>
        ×
      </button>
    </section>
  );
}

function Card({ vehicle }: { readonly vehicle: Vehicle }) {
  const { names } = vehicle;
  const isHidden = visibleVehicles.value !== null && !visibleVehicles.value.has(names.vehicleId);
  return (
    <>
      <h2 class="selection-card__name">{nameOf(names)}</h2>
      <p class="selection-card__state">
        <Status vehicle={vehicle} />
        <span class="numbers">{speed(speedNowMps(vehicle))}</span>
        <span>{compassWord(vehicle.headingDeg)}</span>
      </p>
      <Warnings vehicle={vehicle} isHidden={isHidden} />
      <dl class="selection-card__facts">
        <Fact name={strings.table.positionAge}>
          <span class="numbers">{positionOf(vehicle)}</span>
          <span class="numbers quiet" title={dateAndTime(vehicle.timeMs)}>
            {strings.table.ago(age(vehicle))}
          </span>
          {vehicle.isProvisional && (
            <span class="quiet" title={strings.table.provisionalHelp}>
              {strings.table.provisional}
            </span>
          )}
        </Fact>
        <Fact name={strings.table.columns.driver}>{names.driver}</Fact>
        <Fact name={strings.table.columns.group}>{names.group}</Fact>
        <Fact name={strings.table.columns.plate}>{names.plate}</Fact>
      </dl>
      <Actions vehicleId={names.vehicleId} />
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  if (children === null) return null;
  return (
    <div class="selection-card__fact">
      <dt class="quiet">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Warnings({ vehicle, isHidden }: { readonly vehicle: Vehicle; readonly isHidden: boolean }) {
  return (
    <>
      {isStale(vehicle, nowMs.value) && (
        <p class="selection-card__warning">{strings.table.noPositionFor(age(vehicle))}</p>
      )}
      {isHidden && <p class="selection-card__note">{strings.table.hiddenByFilter}</p>}
    </>
  );
}

function Actions({ vehicleId }: { readonly vehicleId: string }) {
  return (
    <div class="selection-card__actions">
      <button
        type="button"
        class="button"
        aria-pressed={isFollowing.value}
        onClick={() => {
          isFollowing.value = !isFollowing.value;
        }}
      >
        {strings.table.follow}
      </button>
      {part.value === "table" && (
        <button
          type="button"
          class="button"
          onClick={() => {
            part.value = "map";
          }}
        >
          {strings.table.showOnMap}
        </button>
      )}
      <a class="button" href={pathOf({ page: "vehicle", vehicleId, part: "now" })}>
        {strings.table.openPage}
      </a>
    </div>
  );
}

function NotThere({ vehicleId }: { readonly vehicleId: string }) {
  return (
    <>
      <h2 class="selection-card__name">{vehicleId}</h2>
      <p>{isFleetKnown() ? strings.table.notThere : strings.table.connecting}</p>
      {isFleetKnown() && <p class="quiet">{strings.table.notThereHelp}</p>}
    </>
  );
}

function age(vehicle: Vehicle): string {
  return duration(Math.floor(ageMs(vehicle, nowMs.value) / 1_000));
}

/** Unselect; the keyboard goes on in the table, or where that is not shown, at the top of the page. */
function close(): void {
  unselect();
  document.getElementById("content")?.focus();
  document.querySelector<HTMLElement>('.vehicle-table [tabindex="0"]')?.focus();
}
