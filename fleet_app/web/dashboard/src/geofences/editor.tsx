/** The form in which a geofence is made or changed. */

import { useEffect, useRef } from "preact/hooks";
import type { Geofence } from "../api/geofences";
import { mapOf } from "../live/the_map";
import { strings } from "../strings";
import type { Field } from "./draft";
import { type Editing, giveUp, overwrite, save, shownFaults, takeNewer } from "./editing";
import { FactsFields } from "./facts_fields";
import { drawingFailed } from "./on_map";
import { PlaceFields } from "./place_fields";
import { causeOf } from "./problem_field";
import { TroubleNotice } from "./trouble";

export function Editor({ editing }: { readonly editing: Editing }) {
  const { draft, was, parts, failures, isSending, trouble } = editing;
  const form = useRef<HTMLFormElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  // Whoever begins by keyboard goes on in the form.
  useEffect(() => heading.current?.focus(), []);
  const faults = saidOf(editing);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void save();
  };
  useEffect(() => {
    if (failures > 0) showFirstFault(form.current);
  }, [failures]);
  return (
    <form ref={form} class="geofence-form" aria-busy={isSending} noValidate onSubmit={submit}>
      <h2 ref={heading} tabIndex={-1}>
        {titleOf(editing)}
      </h2>
      {parts.includes("place") && <MapState />}
      {parts.includes("place") && <PlaceFields place={draft.place} faults={faults} />}
      {parts.includes("facts") && <FactsFields facts={draft.facts} faults={faults} isNew={was === null} />}
      <p role="alert" class="geofence-form__fault">
        {shownFaults.value.size > 0 && strings.geofences.fixFirst}
      </p>
      {trouble !== null && (
        <TroubleNotice
          trouble={trouble}
          was={was}
          refusedTitle={strings.geofences.refused}
          choices={(newer) => <Choices newer={newer} />}
        />
      )}
      <div class="geofence__buttons">
        {trouble?.kind !== "overtaken" && trouble?.kind !== "undecided" && trouble?.kind !== "unknown" && (
          <button type="submit" class="button button--main" disabled={isSending}>
            {isSending ? strings.geofences.saving : strings.geofences.save}
          </button>
        )}
        <button type="button" class="button" onClick={giveUp}>
          {trouble?.kind === "undecided" ? strings.geofences.close : strings.geofences.giveUp}
        </button>
      </div>
    </form>
  );
}

function MapState() {
  if (drawingFailed.value) return <p class="geofence-form__fault">{strings.geofences.drawingFailed}</p>;
  return mapOf.value === null ? <p class="quiet">{strings.geofences.noMap}</p> : null;
}

function Choices({ newer }: { readonly newer: Geofence | null }) {
  const { look, letGo, overwrite: overwriteIt, makeAnew } = strings.geofences;
  return (
    <>
      <button type="button" class="button" onClick={() => takeNewer(newer)}>
        {newer === null ? letGo : look}
      </button>
      <button type="button" class="button" onClick={() => void overwrite(newer)}>
        {newer === null ? makeAnew : overwriteIt}
      </button>
    </>
  );
}

/** Go to the first field that is wrong, or show what was said of the whole: the form is longer than its place. */
function showFirstFault(form: HTMLFormElement | null): void {
  const field = form?.querySelector<HTMLElement>("input[aria-invalid=true]");
  if (field) field.focus();
  else form?.querySelector(".geofence-form__fault:not(:empty), .notice")?.scrollIntoView?.({ block: "nearest" });
}

/** Return what stands beside each field: what is wrong here, or else what the worker said of it. */
function saidOf({ trouble }: Editing): ReadonlyMap<Field, string> {
  const said = new Map<Field, string>();
  if (trouble?.kind === "refused" && trouble.field !== null) said.set(trouble.field, causeOf(trouble.detail));
  for (const [field, fault] of shownFaults.value) said.set(field, strings.geofences.faults[fault]);
  return said;
}

function titleOf({ draft, was, parts }: Editing): string {
  const { titleNew, titleShape, titleFacts } = strings.geofences;
  if (was === null) return titleNew[draft.place.kind];
  return parts.includes("place") ? titleShape(was.name) : titleFacts(was.name);
}
