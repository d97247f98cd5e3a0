/** A field for a number that takes a comma for a point, and keeps what is typed as it is typed. */

import { useId, useState } from "preact/hooks";
import { numberText, typedNumber } from "./typed";

interface Props {
  readonly label: string;
  /** Whether the label is read out only: where a heading of its column says it. */
  readonly isLabelHidden?: boolean;
  /** What is known; null or NaN for nothing. */
  readonly value: number | null;
  /** How many of the shown units one of the value's is. */
  readonly scale?: number;
  /** Digits behind the point. */
  readonly digits: number;
  readonly hint?: string | undefined;
  readonly fault?: string | undefined;
  /** Called with null for an empty field, and NaN for what is no number. */
  readonly onChange: (value: number | null) => void;
}

export function NumberField({ label, isLabelHidden, value, scale = 1, digits, hint, fault, onChange }: Props) {
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  // While the field says what is known, it says it as it was typed: `52.` is on its way to `52.5`.
  const isTyped = typed !== null && Object.is(valueTyped(typed, scale) ?? Number.NaN, value ?? Number.NaN);
  return (
    <div class="field">
      <label for={id} class={isLabelHidden ? "visually-hidden" : undefined}>
        {label}
      </label>
      <input
        id={id}
        class="input numbers"
        inputMode="decimal"
        autocomplete="off"
        value={isTyped ? typed : numberText(value === null ? null : value * scale, digits)}
        aria-invalid={fault !== undefined}
        aria-describedby={hint || fault ? `${id}-about` : undefined}
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
          onChange(valueTyped(currentTarget.value, scale));
        }}
      />
      <About id={id} hint={hint} fault={fault} />
    </div>
  );
}

interface AboutProps {
  readonly id: string;
  readonly hint?: string | undefined;
  readonly fault?: string | undefined;
}

/** What a field takes, or what is wrong with it. */
export function About({ id, hint, fault }: AboutProps) {
  if (fault === undefined && hint === undefined) return null;
  return (
    <span id={`${id}-about`} class={fault === undefined ? "geofence-form__hint" : "geofence-form__fault"}>
      {fault ?? hint}
    </span>
  );
}

function valueTyped(text: string, scale: number): number | null {
  const typed = typedNumber(text);
  return typed === null ? null : typed / scale;
}
