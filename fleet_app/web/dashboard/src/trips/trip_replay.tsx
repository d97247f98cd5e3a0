/** A trip, played again: on the map, over its speeds, and as a table of what happened. */

import { effect } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Problem } from "../api/ask";
import { type LegWithTrack, tripOf } from "../api/trips";
import { look, query } from "../app/route";
import { PlainMap } from "../base_map/plain_map";
import { atMostEvery } from "../feed/pace";
import { strings } from "../strings";
import { Notice, ProblemNotice } from "../ui/notice";
import { clock, dateAndTime, distance, duration, hourAndMinute, number, speed } from "../units/formats";
import { Player } from "./player";
import { momentAt, type Replay, type ReplayEvent, replayOf, startMsOf, timeOf, timeText, wayOf } from "./replay";
import { ReplayControls } from "./replay_controls";
import { ReplayMap } from "./replay_map";
import "./trip_replay.css";

const words = strings.trips;
const GROWS_EVERY_MS = 5_000;
const TELL_ADDRESS_EVERY_MS = 1_000;
const NOT_FOUND = 404;

/** Read a trip and replay it; give it a `key` of the trip's id. */
export function TripReplay({ tripId }: { readonly tripId: string }) {
  const [trip, setTrip] = useState<LegWithTrack | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const ended = new AbortController();
    void follow(tripId, ended.signal, setTrip).catch((problem: unknown) => {
      if (!ended.signal.aborted) setError(problem);
    });
    return () => ended.abort();
  }, [tripId, attempt]);
  const retry = () => {
    setError(null);
    setAttempt(attempt + 1);
  };
  if (error !== null) return <Failed error={error} retry={retry} />;
  return trip === null ? <p class="quiet">{words.reading}</p> : <Trip trip={trip} />;
}

/** Read a trip, and as long as it goes on, read it again. */
async function follow(tripId: string, ended: AbortSignal, tell: (trip: LegWithTrack) => void): Promise<void> {
  for (;;) {
    const trip = await tripOf(tripId, ended);
    tell(trip);
    if (trip.ending !== null) return;
    await new Promise((resolve) => setTimeout(resolve, GROWS_EVERY_MS));
    if (ended.aborted) return;
  }
}

function Failed({ error, retry }: { readonly error: unknown; readonly retry: () => void }) {
  if (!(error instanceof Problem) || error.status !== NOT_FOUND) return <ProblemNotice error={error} retry={retry} />;
  return (
    <Notice title={words.gone}>
      <p>{words.goneHelp}</p>
    </Notice>
  );
}

function Trip({ trip }: { readonly trip: LegWithTrack }) {
  const replay = useMemo(() => replayOf(trip), [trip]);
  return (
    <section class="card replay" aria-labelledby="replay-title">
      <h2 id="replay-title">{words.replayOf(dateAndTime(trip.start_ms), hourAndMinute(trip.end_ms))}</h2>
      {replay === null ? <WayAlone trip={trip} /> : <Played trip={trip} replay={replay} />}
    </section>
  );
}

function WayAlone({ trip }: { readonly trip: LegWithTrack }) {
  return (
    <>
      <div class="replay__map">
        <PlainMap label={words.map} onReady={(map) => drawWay(new ReplayMap(map), trip)} />
      </div>
      <Notice title={words.noTrack}>
        <p>{words.noTrackHelp}</p>
      </Notice>
    </>
  );
}

function drawWay(drawing: ReplayMap, trip: LegWithTrack): () => void {
  drawing.showWay([wayOf(trip.polyline ?? "")]);
  return () => drawing.end();
}

function Played({ trip, replay }: { readonly trip: LegWithTrack; readonly replay: Replay }) {
  const player = useMemo(() => new Player(replay, timeOf(query.peek().get("at"))), []);
  useEffect(() => player.renew(replay), [replay]);
  useEffect(() => tellAddress(player), []);
  return (
    <>
      <Remarks trip={trip} replay={replay} />
      <div class="replay__map">
        <PlainMap label={words.map} onReady={(map) => draw(new ReplayMap(map), player)} />
      </div>
      <ReplayControls player={player} />
      <Events replay={replay} player={player} />
    </>
  );
}

/** Keep a map at what the player shows; returns what ends that. */
function draw(drawing: ReplayMap, player: Player): () => void {
  const endShowing = effect(() => drawing.show(player.replay.value, (timeMs) => player.seek(timeMs)));
  const endMoving = effect(() => drawing.move(momentAt(player.replay.value, player.timeMs.value)));
  return () => {
    endShowing();
    endMoving();
    drawing.end();
  };
}

/** Keep the address at the shown time, so that it can be passed on; returns what ends that, and the playing. */
function tellAddress(player: Player): () => void {
  let isOver = false;
  const tell = atMostEvery(TELL_ADDRESS_EVERY_MS, () => {
    if (isOver) return;
    const search = new URLSearchParams(query.peek());
    search.set("at", timeText(player.timeMs.peek()));
    look(search);
  });
  let isFirst = true;
  const endTelling = effect(() => {
    player.timeMs.value;
    if (!isFirst) tell();
    isFirst = false;
  });
  return () => {
    isOver = true;
    endTelling();
    player.pause();
  };
}

function Remarks({ trip, replay }: { readonly trip: LegWithTrack; readonly replay: Replay }) {
  const isCut = startMsOf(replay) > trip.start_ms + replay.longestStepMs;
  const isThinned = replay.points.length < trip.track_fixes;
  return (
    <>
      {trip.ending === null && <p class="replay__open">{words.growing}</p>}
      {isCut && <p class="quiet">{words.cut(clock(startMsOf(replay)))}</p>}
      {isThinned && <p class="quiet">{words.thinned(number(replay.points.length), number(trip.track_fixes))}</p>}
    </>
  );
}

function Events({ replay, player }: { readonly replay: Replay; readonly player: Player }) {
  return (
    <table class="replay__events">
      <caption>{words.events}</caption>
      <thead>
        <tr>
          <th scope="col">{words.time}</th>
          <th scope="col">{words.event}</th>
          <th scope="col">{words.details}</th>
          <th scope="col">{words.distance}</th>
        </tr>
      </thead>
      <tbody>
        {replay.events.map((event) => (
          <tr key={`${event.timeMs} ${event.kind}`}>
            <td class="numbers">
              <button
                type="button"
                class="button-as-link"
                aria-label={words.goTo(words.kinds[event.kind], clock(event.timeMs))}
                onClick={() => player.seek(event.timeMs)}
              >
                {clock(event.timeMs)}
              </button>
            </td>
            <td>
              <span class={`replay-mark replay-mark--${event.kind}`} aria-hidden="true" /> {words.kinds[event.kind]}
            </td>
            <td>{detailsOf(event)}</td>
            <td class="numbers">{distance(momentAt(replay, event.timeMs).distanceM)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function detailsOf(event: ReplayEvent): string {
  if (event.speedMps !== null) return speed(event.speedMps);
  if (event.ending !== null) return words.endings[event.ending];
  return event.endMs > event.timeMs ? words.lasted(duration((event.endMs - event.timeMs) / 1_000)) : "";
}
