/** Narrowing the page down: the map, the table and the counts together. */

import { computed } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { fleet } from "../app/state";
import { strings } from "../strings";
import { number } from "../units/formats";
import { type Counts, count, kindsOf } from "./counts";
import { type Filter, filter, isNarrow } from "./filter";
import { followed } from "./fleet_pace";
import { SHOWN_STATES, type ShownState, stateName } from "./shown_state";
import { StateMark } from "./state_mark";
import { unfilter } from "./view";
import "./filter_bar.css";

/** Counts are read out so long after the filter was changed last: not with every letter, and not as vehicles move. */
const TELL_AFTER_MS = 700;

const counts = computed(() => {
  followed.value;
  return count(fleet.vehicles.values(), filter.value);
});
const kinds = computed(() => {
  followed.value;
  return kindsOf(fleet.vehicles.values());
});

export function FilterBar() {
  const { byState } = counts.value;
  const { groups, tags, tenants } = kinds.value;
  return (
    <div class="filter-bar">
      <fieldset class="filter-bar__states">
        <legend class="visually-hidden">{strings.filters.status}</legend>
        {SHOWN_STATES.filter((state) => isOffered(state, byState[state])).map((state) => (
          <StateChip key={state} state={state} count={byState[state]} />
        ))}
      </fieldset>
      <KindSelect kind="groups" label={strings.filters.group} all={strings.filters.allGroups} names={groups} />
      <KindSelect kind="tags" label={strings.filters.tag} all={strings.filters.allTags} names={tags} />
      {tenants.length > 1 && (
        <KindSelect kind="tenants" label={strings.filters.tenant} all={strings.filters.allTenants} names={tenants} />
      )}
    </div>
  );
}

/** `12 of 98 vehicles`, read out when the filter was changed, and the way back to all. */
export function Tally() {
  const text = told(counts.value);
  const [announced, announce] = useState("");
  useEffect(() => {
    if (!isNarrow(filter.value)) return announce("");
    const timer = setTimeout(() => announce(told(counts.peek())), TELL_AFTER_MS);
    return () => clearTimeout(timer);
  }, [filter.value]);
  return (
    <div class="tally">
      <p class="quiet numbers">{text}</p>
      <p class="visually-hidden" role="status">
        {announced}
      </p>
      {isNarrow(filter.value) && (
        <button type="button" class="button" aria-label={strings.filters.reset} onClick={unfilter}>
          {strings.filters.resetShort}
        </button>
      )}
    </div>
  );
}

function StateChip({ state, count }: { readonly state: ShownState; readonly count: number }) {
  const { statuses } = filter.value;
  return (
    <button
      type="button"
      class="chip"
      aria-pressed={statuses.has(state)}
      onClick={() => {
        filter.value = { ...filter.value, statuses: toggled(statuses, state) };
      }}
    >
      <StateMark state={state} />
      {stateName(state)}
      <span class="numbers chip__count">{number(count)}</span>
    </button>
  );
}

interface KindSelectProps {
  readonly kind: "groups" | "tags" | "tenants";
  readonly label: string;
  readonly all: string;
  readonly names: readonly string[];
}

const SEVERAL = "several";

/** One of the names, or all. An address may choose several: that is said, and stays until another is chosen. */
function KindSelect({ kind, label, all, names }: KindSelectProps) {
  const chosen = [...filter.value[kind]];
  if (chosen.length === 0 && !names.some((name) => name !== "")) return null;
  const offered = [...new Set([...names, ...chosen])];
  const value = chosen.length > 1 ? SEVERAL : chosen.length === 0 ? "" : `=${chosen[0]}`;
  return (
    <select
      class="input filter-bar__kind"
      aria-label={label}
      value={value}
      onChange={(event) => {
        const { value } = event.currentTarget;
        if (value !== SEVERAL) filter.value = chosenIn(filter.value, kind, value === "" ? null : value.slice(1));
      }}
    >
      <option value="">{all}</option>
      {chosen.length > 1 && <option value={SEVERAL}>{strings.filters.several(chosen.length)}</option>}
      {offered.map((name) => (
        // The sign keeps names apart from the choices that are none.
        <option key={name} value={`=${name}`}>
          {name === "" ? strings.filters.noGroup : name}
        </option>
      ))}
    </select>
  );
}

function chosenIn(before: Filter, kind: KindSelectProps["kind"], name: string | null): Filter {
  return { ...before, [kind]: new Set(name === null ? [] : [name]) };
}

function toggled(states: ReadonlySet<ShownState>, state: ShownState): ReadonlySet<ShownState> {
  const next = new Set(states);
  if (!next.delete(state)) next.add(state);
  return next;
}

/** Not known is a state of the first seconds: it is offered where it is one. */
function isOffered(state: ShownState, count: number): boolean {
  return state !== "unknown" || count > 0 || filter.value.statuses.has(state);
}

function told({ shown, total }: Counts): string {
  if (!isNarrow(filter.peek())) return strings.filters.all(number(total), total);
  return strings.filters.some(number(shown), number(total), total);
}
