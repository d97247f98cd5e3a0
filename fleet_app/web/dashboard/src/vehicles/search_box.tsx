/** Finding a vehicle: what is typed filters the page, and one that is chosen is shown on the map. */

import { useEffect, useRef, useState } from "preact/hooks";
import { fleet } from "../app/state";
import type { Vehicle } from "../feed/fleet";
import { strings } from "../strings";
import { filter } from "./filter";
import { followed } from "./fleet_pace";
import { nameOf } from "./order";
import { stateName, stateOf } from "./shown_state";
import { StateMark } from "./state_mark";
import { nextMarked, suggestions } from "./suggestions";
import { show } from "./view";
import "./search_box.css";

const MOST_SUGGESTIONS = 8;
const LIST_ID = "vehicle-suggestions";

export function SearchBox() {
  const input = useRef<HTMLInputElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  const [marked, setMarked] = useState(-1);
  const { text } = filter.value;
  followed.value;
  const found = isOpen ? suggestions(fleet.vehicles.values(), text, MOST_SUGGESTIONS) : [];
  const current = found[marked];
  useEffect(() => focusOnSlash(input), []);

  const search = (text: string) => {
    filter.value = { ...filter.value, text };
    setIsOpen(text !== "");
    setMarked(-1);
  };
  const choose = (vehicle: Vehicle) => {
    // The search has done its work: the vehicle is shown among the others.
    search("");
    show(vehicle.names.vehicleId);
  };
  const press = (event: KeyboardEvent) => {
    const isDown = event.key === "ArrowDown";
    if (isDown || event.key === "ArrowUp") {
      event.preventDefault();
      setIsOpen(text !== "");
      setMarked(nextMarked(marked, isDown ? 1 : -1, found.length));
    } else if (event.key === "Enter") {
      const chosen = current ?? found[0];
      if (chosen !== undefined) choose(chosen);
    } else if (event.key === "Escape") {
      event.preventDefault();
      search("");
    }
  };

  return (
    <search class="search-box">
      <label class="visually-hidden" for="vehicle-search">
        {strings.filters.search}
      </label>
      <input
        ref={input}
        id="vehicle-search"
        class="input search-box__input"
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        placeholder={strings.filters.searchShort}
        aria-keyshortcuts="/"
        aria-autocomplete="list"
        aria-controls={LIST_ID}
        aria-expanded={found.length > 0}
        aria-activedescendant={current === undefined ? undefined : optionId(marked)}
        value={text}
        onInput={(event) => search(event.currentTarget.value)}
        onKeyDown={press}
        onBlur={() => setIsOpen(false)}
      />
      {text === "" ? (
        <span class="search-box__key" aria-hidden="true">
          /
        </span>
      ) : (
        <button
          type="button"
          class="search-box__clear"
          aria-label={strings.filters.clearSearch}
          onClick={() => {
            search("");
            input.current?.focus();
          }}
        >
          ×
        </button>
      )}
      <Suggestions found={found} marked={marked} choose={choose} />
      <p class="visually-hidden" role="status">
        {isOpen ? strings.filters.found(found.length) : ""}
      </p>
    </search>
  );
}

interface SuggestionsProps {
  readonly found: readonly Vehicle[];
  readonly marked: number;
  readonly choose: (vehicle: Vehicle) => void;
}

function Suggestions({ found, marked, choose }: SuggestionsProps) {
  return (
    <div
      id={LIST_ID}
      class="search-box__list"
      role="listbox"
      aria-label={strings.filters.suggestions}
      hidden={found.length === 0}
    >
      {found.map((vehicle, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the search field has the focus, and takes the keys
        <div
          key={vehicle.names.vehicleId}
          id={optionId(index)}
          class="search-box__option"
          role="option"
          tabIndex={-1}
          aria-selected={index === marked}
          // The field keeps the focus, or the list would be gone before the click has come.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => choose(vehicle)}
        >
          <StateMark state={stateOf(vehicle)} />
          <span class="visually-hidden">{stateName(stateOf(vehicle))}</span>
          <span>{nameOf(vehicle.names)}</span>
          <span class="quiet">{knownBy(vehicle)}</span>
        </div>
      ))}
    </div>
  );
}

/** What else a vehicle may have been found by. */
function knownBy({ names }: Vehicle): string {
  const id = names.name === null ? null : names.vehicleId;
  return [id, names.plate, names.driver].filter((each) => each !== null).join(" · ");
}

function optionId(index: number): string {
  return `${LIST_ID}-${index}`;
}

/** Go to the search with `/`, unless something is being typed elsewhere. */
function focusOnSlash(input: { readonly current: HTMLInputElement | null }): () => void {
  const press = (event: KeyboardEvent) => {
    const isTyping =
      event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
    event.preventDefault();
    input.current?.select();
    input.current?.focus();
  };
  addEventListener("keydown", press);
  return () => removeEventListener("keydown", press);
}
