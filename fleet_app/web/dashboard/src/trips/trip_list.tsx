/** Trips and stops in a list: newest first, by day. */

import type { Leg } from "../api/trips";
import { pathOf, query, route } from "../app/route";
import { strings } from "../strings";
import { clock, distance, duration, hourAndMinute, number, speed } from "../units/formats";
import { shownZone } from "../units/preferences";
import { dayOf } from "./trip_span";

const words = strings.trips;
const PLACE_ZOOM = 17;

export function TripList({ legs }: { readonly legs: readonly Leg[] }) {
  const zone = shownZone();
  const days = new Map<string, Leg[]>();
  for (const leg of legs.toReversed()) {
    const day = dayOf(leg.start_ms, zone);
    days.set(day, [...(days.get(day) ?? []), leg]);
  }
  return (
    <div class="trips__days">
      {[...days].map(([day, legsOfDay]) => (
        <section key={day} aria-labelledby={`trips-${day}`}>
          <h2 class="trips__day" id={`trips-${day}`}>
            {dayName(day)}
          </h2>
          <ol class="trips__legs">
            {legsOfDay.map((leg) =>
              leg.kind === "trip" ? <Trip key={leg.id} trip={leg} /> : <Stop key={leg.id} stop={leg} />,
            )}
          </ol>
        </section>
      ))}
    </div>
  );
}

function Trip({ trip }: { readonly trip: Leg }) {
  const isChosen = query.value.get("trip") === trip.id;
  return (
    <li>
      <a class="trips__trip" href={addressOf(trip)} aria-current={isChosen ? "true" : undefined}>
        <span class="trips__times numbers">
          <span class="visually-hidden">{words.trip} </span>
          {hourAndMinute(trip.start_ms)}–{trip.ending === null ? "" : hourAndMinute(trip.end_ms)}
        </span>
        <span class="trips__distance numbers">{distance(trip.distance_m)}</span>
        <span class="quiet numbers">
          {duration(trip.duration_s)}
          {trip.mean_speed_mps !== null && `, ${words.mean(speed(trip.mean_speed_mps))}`}
          {trip.max_speed_mps !== null && `, ${words.max(speed(trip.max_speed_mps))}`}
        </span>
        <Marks leg={trip} />
      </a>
    </li>
  );
}

function Stop({ stop }: { readonly stop: Leg }) {
  const place = `${number(stop.start_lat, 5)}, ${number(stop.start_lon, 5)}`;
  return (
    <li class="trips__stop">
      <span class="numbers" title={`${clock(stop.start_ms)}–${clock(stop.end_ms)}`}>
        {words.stopped(duration(stop.duration_s))}
      </span>
      <a
        class="numbers"
        href={`/?at=${stop.start_lat.toFixed(5)},${stop.start_lon.toFixed(5)},${PLACE_ZOOM}`}
        aria-label={words.showPlace(place)}
      >
        {place}
      </a>
      <Marks leg={stop} />
    </li>
  );
}

/** What is not settled about a trip or stop. */
function Marks({ leg }: { readonly leg: Leg }) {
  const marks = marksOf(leg);
  if (marks.length === 0) return null;
  return (
    <span class="trips__marks">
      {marks.map(({ name, help }) => (
        <span key={name} class="trips__mark" title={help}>
          {name}
        </span>
      ))}
    </span>
  );
}

interface Mark {
  readonly name: string;
  readonly help?: string;
}

function marksOf(leg: Leg): Mark[] {
  return [
    ...(leg.ending === null ? [{ name: words.goesOn }] : []),
    ...(leg.ending === "silence" ? [{ name: words.provisional, help: words.provisionalHelp }] : []),
    ...(leg.ending === "new_anchor" ? [{ name: words.elsewhere, help: words.elsewhereHelp }] : []),
    ...(leg.revision > 1 ? [{ name: words.revised(leg.revision - 1), help: words.revisedHelp }] : []),
    ...(leg.harsh_observable && leg.harsh_events > 0 ? [{ name: words.harsh(leg.harsh_events) }] : []),
  ];
}

function addressOf(trip: Leg): string {
  const search = new URLSearchParams(query.value);
  search.set("trip", trip.id);
  search.delete("at");
  const path = route.value.page === "vehicle" ? pathOf(route.value) : "";
  return `${path}?${search}`;
}

function dayName(day: string): string {
  const format = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });
  return format.format(Date.parse(`${day}T00:00:00Z`));
}
