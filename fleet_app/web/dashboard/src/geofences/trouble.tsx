/** What the worker said to a change that it did not make, and what can be done about it. */

import type { ComponentChildren } from "preact";
import type { Geofence } from "../api/geofences";
import { strings } from "../strings";
import { Notice } from "../ui/notice";
import { differences } from "./differences";
import type { Trouble } from "./editing";
import { causeOf } from "./problem_field";
import { factText } from "./words";

interface Props {
  readonly trouble: Trouble;
  readonly was: Geofence | null;
  readonly refusedTitle: string;
  /** Buttons for what somebody else has changed, or deleted (null), meanwhile. */
  readonly choices: (newer: Geofence | null) => ComponentChildren;
}

export function TroubleNotice({ trouble, was, refusedTitle, choices }: Props) {
  const words = strings.geofences;
  switch (trouble.kind) {
    case "refused":
      return <Said title={refusedTitle} text={trouble.field === null ? causeOf(trouble.detail) : words.besideField} />;
    case "overtaken":
      return (
        <Said
          title={trouble.newer === null ? words.deletedMeanwhile : words.overtaken}
          text={trouble.newer === null ? words.deletedMeanwhileHelp : newerText(trouble.newer, was)}
        >
          <div class="geofence__buttons">{choices(trouble.newer)}</div>
        </Said>
      );
    case "unknown":
      return <Said title={words.unknown} text={words.unknownHelp} />;
    case "undecided":
      return <Said title={words.undecided} text={words.undecidedHelp} />;
    case "unavailable":
      return <Said title={words.unavailable} text={`${words.unavailableHelp} ${trouble.detail}`} />;
  }
}

interface SaidProps {
  readonly title: string;
  readonly text: string;
  readonly children?: ComponentChildren;
}

function Said({ title, text, children }: SaidProps) {
  return (
    <Notice title={title} kind="problem">
      <p>{text}</p>
      {children}
    </Notice>
  );
}

/** `There is revision 5 now. Different: name (Yard), speed limit (30 km/h).` */
function newerText(newer: Geofence, was: Geofence | null): string {
  const changed = was === null ? [] : differences(was, newer);
  if (changed.length === 0) return strings.geofences.overtakenSame(newer.revision);
  const named = changed.map((field) => {
    const name = strings.geofences.facts[field].toLowerCase();
    return `${name} (${factText(newer, field) ?? strings.geofences.nothing})`;
  });
  return strings.geofences.overtakenHelp(newer.revision, named.join(", "));
}
