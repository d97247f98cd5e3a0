/** How this viewer wants things shown, and who they are. */

import type { Signal } from "@preact/signals";
import { session } from "../api/session";
import { strings } from "../strings";
import { fleetZone, ownZone, THEMES, theme, UNITS, units, ZONES, zone } from "../units/preferences";
import { Disclosure } from "./disclosure";
import "./preferences.css";

const words = strings.preferences;

export function Preferences() {
  return (
    <Disclosure label={<Label />}>
      <Choice name={words.theme} choice={theme} options={THEMES} nameOf={(each) => words.themes[each]} />
      <Choice name={words.units} choice={units} options={UNITS} nameOf={(each) => words.unitNames[each]} />
      <Choice name={words.zone} choice={zone} options={ZONES} nameOf={(each) => words.zones[each](zoneOf(each))} />
      <a href="/docs">{words.api}</a>
      <WhoLooks />
    </Disclosure>
  );
}

function Label() {
  return (
    <>
      <svg class="preferences__icon" viewBox="0 0 20 20" aria-hidden="true">
        <path d="M3 5h8m4 0h2M3 10h2m4 0h8M3 15h6m4 0h4" />
        <circle cx="13" cy="5" r="2" />
        <circle cx="7" cy="10" r="2" />
        <circle cx="11" cy="15" r="2" />
      </svg>
      <span class="preferences__name">{words.title}</span>
    </>
  );
}

interface ChoiceProps<T extends string> {
  readonly name: string;
  readonly choice: Signal<T>;
  readonly options: readonly T[];
  readonly nameOf: (option: T) => string;
}

function Choice<T extends string>({ name, choice, options, nameOf }: ChoiceProps<T>) {
  const choose = (chosen: string): void => {
    choice.value = options.find((each) => each === chosen) ?? choice.value;
  };
  return (
    <label class="field">
      <span class="quiet">{name}</span>
      <select value={choice.value} onChange={(event) => choose(event.currentTarget.value)}>
        {options.map((each) => (
          <option key={each} value={each}>
            {nameOf(each)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Nothing where nobody is asked for a key. A form, so that it works as `/login` does: by going there. */
function WhoLooks() {
  if (!session.value?.csrf_token) return null;
  return (
    <form class="preferences__who" method="post" action="/logout">
      <p class="quiet">{words.loggedInAs(session.value.name, session.value.role)}</p>
      <button type="submit" class="button">
        {words.logOut}
      </button>
    </form>
  );
}

function zoneOf(each: (typeof ZONES)[number]): string {
  return each === "fleet" ? (fleetZone.value ?? words.zoneUnknown) : ownZone;
}
