/** A vehicle's trips and the stops between them, newest first, and the one that was chosen, replayed. */

import { useEffect, useState } from "preact/hooks";
import { Problem } from "../api/ask";
import { type Leg, legsCsv, legsOf } from "../api/trips";
import { look, query } from "../app/route";
import { nowMs } from "../app/state";
import { strings } from "../strings";
import { Notice, ProblemNotice } from "../ui/notice";
import { distance, duration } from "../units/formats";
import { shownZone } from "../units/preferences";
import { TripList } from "./trip_list";
import { TripReplay } from "./trip_replay";
import { askedOf, dayOf, SPANS, type SpanName, spanOf, type TripSpan, withSpan } from "./trip_span";
import "./trips.css";

const words = strings.trips;
const READ_EVERY_MS = 15_000;
const NOT_FOUND = 404;

export function Trips({ vehicleId }: { readonly vehicleId: string }) {
  const span = spanOf(query.value);
  const chosen = query.value.get("trip");
  return (
    <div class={`trips${chosen === null ? "" : " trips--chosen"}`}>
      <div class="trips__list">
        <Span vehicleId={vehicleId} span={span} />
        <Legs key={`${span.name} ${span.day}`} vehicleId={vehicleId} span={span} />
      </div>
      <div class="trips__replay">
        {chosen === null ? (
          <Notice title={words.choose}>
            <p>{words.chooseHelp}</p>
          </Notice>
        ) : (
          <TripReplay key={chosen} tripId={chosen} />
        )}
      </div>
    </div>
  );
}

function Span({ vehicleId, span }: { readonly vehicleId: string; readonly span: TripSpan }) {
  const today = dayOf(nowMs.value, shownZone());
  const show = (name: SpanName, day: string) => look(withSpan(query.peek(), { name, day }));
  return (
    <div class="trips__span">
      <label class="field">
        {words.span}
        <select
          value={span.name}
          onChange={(event) => {
            const name = SPANS.find((each) => each === event.currentTarget.value) ?? "7d";
            show(name, name === "day" ? today : "");
          }}
        >
          {SPANS.map((name) => (
            <option key={name} value={name}>
              {words.spans[name]}
            </option>
          ))}
        </select>
      </label>
      {span.name === "day" && (
        <label class="field">
          {words.day}
          <input
            type="date"
            value={span.day}
            max={today}
            onChange={(event) => {
              if (event.currentTarget.value !== "") show("day", event.currentTarget.value);
            }}
          />
        </label>
      )}
      <a
        class="button"
        href={legsCsv(vehicleId, askedOf(span, nowMs.peek(), shownZone()))}
        download={`${vehicleId}-trips.csv`}
        title={words.csvHelp}
      >
        {words.csv}
      </a>
    </div>
  );
}

function Legs({ vehicleId, span }: { readonly vehicleId: string; readonly span: TripSpan }) {
  const [legs, setLegs] = useState<readonly Leg[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const ended = new AbortController();
    void readAgain(ended.signal, async () => {
      try {
        setLegs(await legsOf(vehicleId, askedOf(span, nowMs.peek(), shownZone()), ended.signal));
        setError(null);
      } catch (problem: unknown) {
        if (!ended.signal.aborted) setError(problem);
      }
    });
    return () => ended.abort();
  }, [vehicleId]);
  if (error !== null && legs === null) return <Failed error={error} />;
  if (legs === null) return <p class="quiet">{words.loading}</p>;
  if (legs.length === 0) {
    return (
      <Notice title={words.none}>
        <p>{words.noneHelp}</p>
      </Notice>
    );
  }
  return (
    <>
      {error !== null && <ProblemNotice error={error} />}
      <Sum legs={legs} />
      <TripList legs={legs} />
    </>
  );
}

async function readAgain(ended: AbortSignal, read: () => Promise<void>): Promise<void> {
  while (!ended.aborted) {
    if (!document.hidden) await read();
    await new Promise((resolve) => setTimeout(resolve, READ_EVERY_MS));
  }
}

function Failed({ error }: { readonly error: unknown }) {
  if (!(error instanceof Problem) || error.status !== NOT_FOUND) return <ProblemNotice error={error} />;
  return <Notice title={words.unknownVehicle} />;
}

function Sum({ legs }: { readonly legs: readonly Leg[] }) {
  const trips = legs.filter((leg) => leg.kind === "trip");
  const metres = trips.reduce((sum, trip) => sum + trip.distance_m, 0);
  const seconds = trips.reduce((sum, trip) => sum + trip.duration_s, 0);
  return <p class="numbers">{words.sum(words.count(trips.length), distance(metres), duration(seconds))}</p>;
}
