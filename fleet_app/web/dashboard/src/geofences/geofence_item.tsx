/** One geofence in the panel's list; what is to be known of it and done with it stands below the selected one. */

import { useEffect, useId, useRef } from "preact/hooks";
import type { Geofence } from "../api/geofences";
import { mayChange } from "../api/session";
import { strings } from "../strings";
import { COMPARED } from "./differences";
import { askToDelete, beginChange } from "./editing";
import { InsideNow } from "./inside";
import { lookAt } from "./on_map";
import { boundsOf } from "./shapes";
import { kindOf, selectedGeofenceId } from "./shown";
import { factText, limitsText, sizeText } from "./words";

interface Props {
  readonly geofence: Geofence;
  readonly isSelected: boolean;
}

export function GeofenceItem({ geofence, isSelected }: Props) {
  const item = useRef<HTMLLIElement>(null);
  const id = useId();
  useEffect(() => {
    if (isSelected) item.current?.scrollIntoView?.({ block: "nearest" });
  }, [isSelected]);
  const select = () => {
    selectedGeofenceId.value = isSelected ? null : geofence.geofence_id;
  };
  return (
    <li ref={item} class="geofence">
      <button type="button" class="geofence__head" aria-expanded={isSelected} aria-controls={id} onClick={select}>
        <span class={`geofence__mark geofence__mark--${kindOf(geofence)}`} aria-hidden="true" />
        <span class="geofence__name">{geofence.name}</span>
        <span class="quiet geofence__size">
          {[sizeText(geofence), limitsText(geofence)].filter(Boolean).join(" · ")}
        </span>
      </button>
      <div id={id} class="geofence__body" hidden={!isSelected}>
        {isSelected && <Details geofence={geofence} />}
      </div>
    </li>
  );
}

function Details({ geofence }: { readonly geofence: Geofence }) {
  return (
    <>
      <Facts geofence={geofence} />
      <div class="geofence__buttons">
        <button type="button" class="button" onClick={() => lookAt(boundsOf(geofence.shape))}>
          {strings.geofences.showOnMap}
        </button>
        {mayChange.value && <ChangeButtons geofence={geofence} />}
      </div>
      <InsideNow geofence={geofence} />
    </>
  );
}

function ChangeButtons({ geofence }: { readonly geofence: Geofence }) {
  const { editShape, editFacts, delete: deleteIt } = strings.geofences;
  return (
    <>
      <button type="button" class="button" onClick={() => beginShape(geofence)}>
        {editShape}
      </button>
      <button type="button" class="button" onClick={() => beginChange(geofence, "facts")}>
        {editFacts}
      </button>
      <button type="button" class="button button--danger" onClick={() => askToDelete(geofence)}>
        {deleteIt}
      </button>
    </>
  );
}

function Facts({ geofence }: { readonly geofence: Geofence }) {
  const facts = [...COMPARED, "tenant" as const].filter((field) => field !== "name" && field !== "shape");
  const told = facts.flatMap((field) => {
    const text = factText(geofence, field);
    return text === null ? [] : [{ field, text }];
  });
  if (told.length === 0) return null;
  return (
    <dl class="geofence__facts">
      {told.map(({ field, text }) => (
        <div key={field}>
          <dt class="quiet">{strings.geofences.facts[field]}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A shape that is out of sight is dragged by nobody. */
function beginShape(geofence: Geofence): void {
  lookAt(boundsOf(geofence.shape));
  beginChange(geofence, "place");
}
