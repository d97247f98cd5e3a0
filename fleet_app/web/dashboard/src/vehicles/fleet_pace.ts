/** Changes of the fleet at the pace that lists and counts are read at. */

import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { fleetRevision } from "../app/state";

/** Return a signal that follows another: at once after a pause, else with its newest value every `everyMs`. */
export function paced<T>(source: ReadonlySignal<T>, everyMs: number): ReadonlySignal<T> {
  const follower = signal(source.peek());
  let timer: ReturnType<typeof setTimeout> | null = null;
  const take = () => {
    timer = null;
    if (follower.peek() === source.peek()) return;
    follower.value = source.peek();
    timer = setTimeout(take, everyMs);
  };
  effect(() => {
    source.value;
    if (timer === null) take();
  });
  return follower;
}

/** Grows as `fleetRevision` does, four times a second at most: a list of all vehicles is worked out for each. */
export const followed = paced(fleetRevision, 250);
