/** What is to be told of vehicles in a geofence, in fields. */

import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { session } from "../api/session";
import { strings } from "../strings";
import { units } from "../units/preferences";
import type { Facts, Field } from "./draft";
import { putFacts } from "./editing";
import { About, NumberField } from "./number_field";
import { ScheduleFields } from "./schedule_fields";
import { typedTags } from "./typed";

const KMH_PER_MPS = 3.6;
const MPH_PER_MPS = 3_600 / 1_609.344;
const MINUTES_PER_S = 1 / 60;

interface Props {
  readonly facts: Facts;
  readonly faults: ReadonlyMap<Field, string>;
  /** Whether the geofence is not made yet: whose it is can be said only then. */
  readonly isNew: boolean;
}

export function FactsFields({ facts, faults, isNew }: Props) {
  const isMetric = units.value === "metric";
  // To callers of one tenant all geofences are their own.
  const seesAllTenants = session.value !== null && session.value.tenant === null;
  return (
    <fieldset class="geofence-form__part">
      <legend>{strings.geofences.whatToTell}</legend>
      <TextField
        label={strings.geofences.name}
        value={facts.name}
        fault={faults.get("name")}
        onChange={(name) => putFacts({ name })}
      />
      <TagsField tags={facts.tags} fault={faults.get("tags")} />
      {seesAllTenants && <TenantField tenant={facts.tenant} fault={faults.get("tenant")} isNew={isNew} />}
      <NumberField
        label={strings.geofences.speedLimit(isMetric ? "km/h" : "mph")}
        value={facts.speedLimitMps}
        scale={isMetric ? KMH_PER_MPS : MPH_PER_MPS}
        digits={1}
        hint={strings.geofences.speedLimitHint}
        fault={faults.get("speedLimit")}
        onChange={(speedLimitMps) => putFacts({ speedLimitMps })}
      />
      <NumberField
        label={strings.geofences.dwellLimit}
        value={facts.dwellLimitS}
        scale={MINUTES_PER_S}
        digits={2}
        hint={strings.geofences.dwellLimitHint}
        fault={faults.get("dwellLimit")}
        onChange={(dwellLimitS) => putFacts({ dwellLimitS })}
      />
      <NumberField
        label={strings.geofences.stopAfter}
        value={facts.stopAfterS}
        digits={0}
        hint={strings.geofences.stopAfterHint}
        fault={faults.get("stopAfter")}
        onChange={(stopAfterS) => putFacts({ stopAfterS })}
      />
      <label class="geofence-form__check">
        <input
          type="checkbox"
          checked={facts.isExempt}
          onChange={({ currentTarget }) => putFacts({ isExempt: currentTarget.checked })}
        />
        {strings.geofences.exemptLabel}
      </label>
      <ScheduleFields schedule={facts.schedule} fault={faults.get("schedule")} />
    </fieldset>
  );
}

function TagsField({ tags, fault }: { readonly tags: readonly string[]; readonly fault: string | undefined }) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <TextField
      label={strings.geofences.tags}
      value={typed ?? tags.join(", ")}
      hint={strings.geofences.tagsHint}
      fault={fault}
      onChange={(text) => {
        setTyped(text);
        putFacts({ tags: typedTags(text) });
      }}
    />
  );
}

interface TenantProps {
  readonly tenant: string;
  readonly fault: string | undefined;
  readonly isNew: boolean;
}

function TenantField({ tenant, fault, isNew }: TenantProps): ComponentChildren {
  if (!isNew) {
    return (
      <p class="quiet">{strings.geofences.tenantFixed(tenant === "" ? strings.geofences.defaultTenant : tenant)}</p>
    );
  }
  return (
    <TextField
      label={strings.geofences.tenant}
      value={tenant}
      hint={strings.geofences.tenantHint}
      fault={fault}
      onChange={(typed) => putFacts({ tenant: typed })}
    />
  );
}

interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly hint?: string;
  readonly fault: string | undefined;
  readonly onChange: (text: string) => void;
}

function TextField({ label, value, hint, fault, onChange }: TextProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="input"
        autocomplete="off"
        value={value}
        aria-invalid={fault !== undefined}
        aria-describedby={hint || fault ? `${id}-about` : undefined}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
      <About id={id} hint={hint} fault={fault} />
    </div>
  );
}
