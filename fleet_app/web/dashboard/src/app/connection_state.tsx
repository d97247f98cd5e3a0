/** How the connection to the live feed is: always in the header, and across the page when it is gone for long. */

import { computed } from "@preact/signals";
import { strings } from "../strings";
import { age, clock, duration } from "../units/formats";
import { Disclosure } from "./disclosure";
import { needsBanner, type Shown, shownOfMs, shownPhase } from "./shown_phase";
import { clockAheadMs, connection, isOutdated, nowMs } from "./state";
import "./connection_state.css";

const words = strings.connection;

const browserMs = computed(() => nowMs.value - clockAheadMs.value);
const shown = computed(() => shownPhase(connection.value, browserMs.value));
/** Changes when the phase does, and not with every second that it lasts. */
const phase = computed(() => shown.value.phase);
/** The time by the worker's clock that what is shown is of. */
const shownOf = computed(() => {
  const timeMs = shownOfMs(connection.value);
  return timeMs === null ? null : timeMs + clockAheadMs.value;
});

export function ConnectionState() {
  return (
    <>
      <Disclosure label={<Pill />} buttonClass="connection">
        <Details />
      </Disclosure>
      <Said />
    </>
  );
}

function Pill() {
  return (
    <>
      <span class={`connection__dot connection__dot--${phase.value}`} aria-hidden="true" />
      <span class="numbers">{textOf(shown.value)}</span>
    </>
  );
}

/** Read out when the phase changes. */
function Said() {
  return (
    <span class="visually-hidden" role="status">
      {words.said[phase.value]}
    </span>
  );
}

function Details() {
  const { worker } = connection.value;
  return (
    <>
      <h2 class="connection__title">{words.title}</h2>
      <p>{words.help[phase.value]}</p>
      <dl class="connection__facts">
        <dt>{words.worker}</dt>
        <dd>{worker === "" ? words.noWorker : worker.replace(/^https?:\/\//, "")}</dd>
        <dt>{words.shown}</dt>
        <dd class="numbers">{shownOf.value === null ? words.nothing : age(shownOf.value)}</dd>
      </dl>
    </>
  );
}

const isGone = computed(() => needsBanner(connection.value, browserMs.value));

/** What the whole page must say: that it shows the past, or is itself of the past. */
export function Banners() {
  return (
    <div>
      {isGone.value && <NoConnection />}
      {isOutdated.value && (
        <div class="banner" role="status">
          <p>{strings.app.outdated}</p>
          <button type="button" class="button" onClick={() => location.reload()}>
            {strings.app.reload}
          </button>
        </div>
      )}
    </div>
  );
}

function NoConnection() {
  const timeMs = shownOf.value;
  return (
    <div class="banner">
      <p class="numbers">
        <strong>{timeMs === null ? words.bannerNothing : words.banner(clock(timeMs), age(timeMs))}</strong>{" "}
        {words.bannerHelp}
      </p>
    </div>
  );
}

function textOf({ phase, ageMs }: Shown): string {
  const age = duration(ageMs / 1_000);
  switch (phase) {
    case "behind":
      return words.behind(age);
    case "cut":
      return words.cutFor(age);
    default:
      return words[phase];
  }
}
