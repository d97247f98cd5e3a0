/** The live page's panel of geofences: what there is, and where one is made, changed and deleted. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Geofence } from "../api/geofences";
import { mayChange } from "../api/session";
import { strings } from "../strings";
import { Notice, ProblemNotice } from "../ui/notice";
import { DeleteDialog } from "./delete_dialog";
import { beginNew, deleting, done, editing } from "./editing";
import { Editor } from "./editor";
import { found } from "./found";
import { GeofenceItem } from "./geofence_item";
import { geofences, geofencesProblem, refreshGeofences, selectedGeofence, selectedGeofenceId } from "./shown";
import "./panel.css";

/** More at once are read by nobody: the search finds the others. */
const MOST_LISTED = 200;

export function Geofences() {
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = editing.value;
  const wasEditing = useRef(false);
  // Where a form or a question was, the focus would be nowhere. Whoever gives up on the map stays there.
  useEffect(() => {
    const isLost = wasEditing.current && document.activeElement === document.body;
    if (shown === null && (isLost || done.peek() !== "")) heading.current?.focus();
    wasEditing.current = shown !== null;
  }, [shown === null, done.value]);
  return (
    <div class="geofences">
      {shown !== null ? (
        <Editor key={`${shown.draft.geofenceId} ${shown.parts.join(" ")}`} editing={shown} />
      ) : (
        <>
          <h2 ref={heading} tabIndex={-1}>
            {strings.geofences.title}
          </h2>
          <GeofenceList />
        </>
      )}
      <p class="visually-hidden" aria-live="polite">
        {done}
      </p>
      {deleting.value !== null && <DeleteDialog key={deleting.value.geofence.revision} asked={deleting.value} />}
    </div>
  );
}

function GeofenceList() {
  const [text, setText] = useState("");
  const all = geofences.value;
  if (all === null) return <NotRead />;
  const shown = found(all, text);
  return (
    <>
      {geofencesProblem.value !== null && <p class="geofences__stale">{strings.geofences.stale}</p>}
      {mayChange.value && <NewButtons />}
      {all.length === 0 ? <NoneYet /> : <Search text={text} onText={setText} shown={shown.length} all={all.length} />}
      {all.length > 0 && shown.length === 0 && (
        <Notice title={strings.geofences.noMatch}>
          <p>{strings.geofences.noMatchHelp}</p>
          <button type="button" class="button" onClick={() => setText("")}>
            {strings.geofences.clear}
          </button>
        </Notice>
      )}
      <Items shown={shown} />
    </>
  );
}

function Items({ shown }: { readonly shown: readonly Geofence[] }) {
  const selected = selectedGeofence.value;
  const listed = shown.slice(0, MOST_LISTED);
  // One that was selected on the map is there whatever was searched for.
  if (selected !== null && !listed.includes(selected)) listed.unshift(selected);
  return (
    <>
      <ul class="geofences__list" aria-label={strings.geofences.title}>
        {listed.map((geofence) => (
          <GeofenceItem
            key={geofence.geofence_id}
            geofence={geofence}
            isSelected={geofence.geofence_id === selectedGeofenceId.value}
          />
        ))}
      </ul>
      {shown.length > MOST_LISTED && <p class="quiet">{strings.geofences.more(shown.length - MOST_LISTED)}</p>}
    </>
  );
}

function NotRead() {
  if (geofencesProblem.value === null) return <p class="quiet">{strings.geofences.reading}</p>;
  return <ProblemNotice error={geofencesProblem.value} retry={() => void refreshGeofences()} />;
}

function NoneYet() {
  return (
    <Notice title={strings.geofences.none}>
      <p>{strings.geofences.noneHelp}</p>
      {!mayChange.value && <p>{strings.geofences.noneReadOnly}</p>}
    </Notice>
  );
}

function NewButtons() {
  return (
    <div class="geofence__buttons">
      <button type="button" class="button" onClick={() => beginNew("circle")}>
        {strings.geofences.newCircle}
      </button>
      <button type="button" class="button" onClick={() => beginNew("polygon")}>
        {strings.geofences.newPolygon}
      </button>
    </div>
  );
}

interface SearchProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly shown: number;
  readonly all: number;
}

function Search({ text, onText, shown, all }: SearchProps) {
  return (
    <>
      <input
        type="search"
        class="input"
        aria-label={strings.geofences.search}
        placeholder={strings.geofences.searchHint}
        value={text}
        onInput={({ currentTarget }) => onText(currentTarget.value)}
      />
      <p class="quiet numbers" role="status">
        {strings.geofences.count(shown, all)}
      </p>
    </>
  );
}
