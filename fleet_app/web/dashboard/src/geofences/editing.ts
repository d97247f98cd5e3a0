/** The geofence that is being made, changed or deleted on this page, and what the worker said to it. */

import { batch, computed, signal } from "@preact/signals";
import { type Geofence, make, type Outcome, put, remove } from "../api/geofences";
import { strings } from "../strings";
import { differences } from "./differences";
import {
  bodyOf,
  type Draft,
  draftOf,
  type Facts,
  type Fault,
  type Field,
  faultsOf,
  newDraft,
  type Place,
} from "./draft";
import { fieldOf } from "./problem_field";
import { refreshGeofences, selectedGeofenceId } from "./shown";

export type Part = "place" | "facts";

/** Why the last try to save or delete did not do it. */
export type Trouble =
  | { readonly kind: "refused"; readonly detail: string; readonly field: Field | null }
  | { readonly kind: "overtaken"; readonly newer: Geofence | null }
  | { readonly kind: "unknown" }
  | { readonly kind: "undecided" }
  | { readonly kind: "unavailable"; readonly detail: string };

export interface Editing {
  readonly draft: Draft;
  /** What it was when the change began; null for a new one. */
  readonly was: Geofence | null;
  readonly parts: readonly Part[];
  /** How often it could not be saved. Faults are shown from then on: a form that is begun is not wrong yet. */
  readonly failures: number;
  readonly isSending: boolean;
  readonly trouble: Trouble | null;
}

export interface Deleting {
  readonly geofence: Geofence;
  readonly isSending: boolean;
  readonly trouble: Trouble | null;
}

export const editing = signal<Editing | null>(null);
export const deleting = signal<Deleting | null>(null);

/** What was done, to be read out. */
export const done = signal("");

/** What is wrong with the draft, as far as it is shown. */
export const shownFaults = computed<ReadonlyMap<Field, Fault>>(() =>
  editing.value !== null && editing.value.failures > 0 ? faultsOf(editing.value.draft) : new Map(),
);

/** Begin to make a geofence. */
export function beginNew(kind: Place["kind"]): void {
  begin(newDraft(kind), null, ["place", "facts"]);
}

/** Begin to change one part of a geofence. */
export function beginChange(geofence: Geofence, part: Part): void {
  begin(draftOf(geofence), geofence, [part]);
}

/** Leave the geofence as it is. */
export function giveUp(): void {
  editing.value = null;
}

export function putPlace(place: Place): void {
  change((draft) => ({ ...draft, place }));
}

export function putFacts(facts: Partial<Facts>): void {
  change((draft) => ({ ...draft, facts: { ...draft.facts, ...facts } }));
}

/** Save the draft, if nothing is wrong with it; returns whether it is saved. */
export async function save(): Promise<boolean> {
  const begun = editing.peek();
  if (begun === null || begun.isSending) return false;
  if (faultsOf(begun.draft).size > 0) {
    editing.value = { ...begun, failures: begun.failures + 1, trouble: null };
    return false;
  }
  const sending = { ...begun, isSending: true, trouble: null };
  editing.value = sending;
  const outcome = await send(begun.draft);
  // Whoever gave up, or began something else, is not told any more.
  if (editing.peek() !== sending) return false;
  const trouble = troubleOf(outcome, begun.draft.place.kind);
  editing.value = trouble === null ? null : { ...begun, failures: begun.failures + 1, trouble };
  if (outcome.became === "made" || outcome.became === "changed") {
    const { geofence_id, name } = outcome.geofence;
    done.value = strings.geofences.saved(name);
    await refreshGeofences();
    selectedGeofenceId.value = geofence_id;
  }
  return trouble === null;
}

/** Go on from what somebody else has made of it meanwhile; what was changed here is dropped. */
export function takeNewer(newer: Geofence | null): void {
  const parts = editing.peek()?.parts ?? ["place", "facts"];
  void refreshGeofences();
  if (newer === null) giveUp();
  else begin(draftOf(newer), newer, parts);
}

/** Save what stands here in the place of what somebody else has made of it meanwhile. */
export async function overwrite(newer: Geofence | null): Promise<boolean> {
  const begun = editing.peek();
  if (begun === null) return false;
  editing.value = { ...begun, trouble: null, draft: { ...begun.draft, revision: newer?.revision ?? 0 } };
  return save();
}

/** Ask whether a geofence shall be deleted. */
export function askToDelete(geofence: Geofence): void {
  deleting.value = { geofence, isSending: false, trouble: null };
}

export function keep(): void {
  deleting.value = null;
}

/** Delete the geofence that was asked about, as it was shown then. */
export async function confirmDelete(): Promise<void> {
  const asked = deleting.peek();
  if (asked === null || asked.isSending) return;
  const { geofence } = asked;
  deleting.value = { ...asked, isSending: true, trouble: null };
  const outcome = await remove(geofence.geofence_id, geofence.revision);
  const trouble = troubleOf(outcome, geofence.shape.type);
  const isGone =
    trouble === null || trouble.kind === "unknown" || (trouble.kind === "overtaken" && trouble.newer === null);
  batch(() => {
    deleting.value = isGone ? null : { ...asked, isSending: false, trouble };
    if (isGone && selectedGeofenceId.peek() === geofence.geofence_id) selectedGeofenceId.value = null;
    if (isGone) done.value = strings.geofences.deleted(geofence.name);
  });
  await refreshGeofences();
}

function begin(draft: Draft, was: Geofence | null, parts: readonly Part[]): void {
  done.value = "";
  editing.value = { draft, was, parts, failures: 0, isSending: false, trouble: null };
}

function change(changed: (draft: Draft) => Draft): void {
  const begun = editing.peek();
  if (begun !== null && !begun.isSending) editing.value = { ...begun, draft: changed(begun.draft), trouble: null };
}

async function send(draft: Draft): Promise<Outcome> {
  const body = bodyOf(draft);
  if (draft.geofenceId === null) return make(body);
  const outcome = await put(draft.geofenceId, body, draft.revision);
  if (outcome.became !== "overtaken" || outcome.newer === null || differences(body, outcome.newer).length > 0) {
    return outcome;
  }
  // It is there as it was sent: a worker that took it could not say so, and the next one found it done.
  return { became: "changed", geofence: outcome.newer };
}

function troubleOf(outcome: Outcome, kind: Place["kind"]): Trouble | null {
  switch (outcome.became) {
    case "made":
    case "changed":
    case "deleted":
      return null;
    case "refused":
      return { kind: "refused", detail: outcome.detail, field: fieldOf(outcome.detail, kind) };
    case "overtaken":
      return { kind: "overtaken", newer: outcome.newer };
    case "unavailable":
      return { kind: "unavailable", detail: outcome.detail };
    case "unknown":
    case "undecided":
      return { kind: outcome.became };
  }
}
