/** Who is in the selected geofence now, and who was seen to come and leave: so that people see that it works. */

import { useEffect, useState } from "preact/hooks";
import { type Geofence, readVehicles, type VehicleNear } from "../api/geofences";
import { fleet } from "../app/state";
import { strings } from "../strings";
import { clock } from "../units/formats";
import { boundsOf, widened } from "./shapes";
import { afterLook, type Inside, NOTHING_SEEN, type Seen, type Visits } from "./visits";

const EVERY_MS = 2_000;
/** Who is inside may be shown a little outside: it is told to have left only when that is sure. */
const AROUND_M = 500;
const MOST_NAMED = 20;

interface Watch {
  readonly visits: Visits;
  readonly fresh: readonly Seen[];
  readonly isCut: boolean;
}

export function InsideNow({ geofence }: { readonly geofence: Geofence }) {
  const { visits, fresh, isCut } = useWatch(geofence);
  return (
    <section class="geofence__inside">
      <p>{isCut ? strings.geofences.insideUnknown : insideText(visits)}</p>
      {visits.inside !== null && visits.inside.size > 0 && (
        <p class="quiet">{namesText([...visits.inside.values()])}</p>
      )}
      <h3>{strings.geofences.seen}</h3>
      <p class="quiet">{strings.geofences.seenHelp}</p>
      {visits.seen.length === 0 ? (
        <p>{strings.geofences.nothingSeen}</p>
      ) : (
        <ul class="geofence__seen">
          {visits.seen.map((seen) => (
            <li key={`${seen.vehicleId} ${seen.kind} ${seen.timeMs}`} class="numbers">
              {seenText(seen)}
            </li>
          ))}
        </ul>
      )}
      <p class="visually-hidden" aria-live="polite">
        {fresh.map(seenText).join(". ")}
      </p>
    </section>
  );
}

function useWatch(geofence: Geofence): Watch {
  const [watch, setWatch] = useState<Watch>({ visits: NOTHING_SEEN, fresh: [], isCut: false });
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = async (): Promise<void> => {
      // A page that nobody sees asks nothing; who comes and goes meanwhile is seen at the next look.
      const inside = document.hidden ? undefined : await readInside(geofence, stop.signal);
      if (stop.signal.aborted) return;
      if (inside !== undefined) setWatch((before) => afterAnswer(before, inside));
      timer = setTimeout(() => void look(), EVERY_MS);
    };
    void look();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [geofence]);
  return watch;
}

function afterAnswer(before: Watch, inside: readonly Inside[] | null): Watch {
  if (inside === null) return { ...before, fresh: [], isCut: true };
  const { visits, fresh } = afterLook(before.visits, inside, (id) => fleet.vehicles.get(id)?.timeMs ?? null);
  // What was announced last stays until there is something new: taking it away would be a change to announce.
  return { visits, fresh: fresh.length > 0 ? fresh : before.fresh, isCut: false };
}

/** Return who is inside by the worker's word; null if it cannot be read now. */
async function readInside(geofence: Geofence, signal: AbortSignal): Promise<readonly Inside[] | null> {
  try {
    const near = await readVehicles(widened(boundsOf(geofence.shape), AROUND_M), signal);
    return near.filter(({ geofence_ids }) => geofence_ids.includes(geofence.geofence_id)).map(insideOf);
  } catch {
    return null;
  }
}

function insideOf({ vehicle_id, profile, last }: VehicleNear): Inside {
  return { vehicleId: vehicle_id, name: profile?.name ?? vehicle_id, timeMs: last.time_ms };
}

function insideText({ inside }: Visits): string {
  if (inside === null) return strings.geofences.looking;
  return inside.size === 0 ? strings.geofences.nobodyInside : strings.geofences.insideNow(inside.size);
}

function namesText(inside: readonly Inside[]): string {
  const named = inside.slice(0, MOST_NAMED).map(({ name }) => name);
  const left = inside.length - named.length;
  return left === 0 ? named.join(", ") : strings.geofences.andMore(named.join(", "), left);
}

function seenText({ kind, name, timeMs }: Seen): string {
  if (timeMs === null) return strings.geofences.leftSometime(name);
  return kind === "entered"
    ? strings.geofences.entered(name, clock(timeMs))
    : strings.geofences.left(name, clock(timeMs));
}
