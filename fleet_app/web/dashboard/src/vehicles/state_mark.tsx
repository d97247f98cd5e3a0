/** The mark of a state: the shape that the vehicle has on the map. The word for it stands beside it. */

import { type Shape, type ShownState, STATE_SHAPES } from "./shown_state";
import "./state_mark.css";

const DRAWN: Readonly<Record<Shape, string>> = {
  arrow: "M8 1 14 15 8 12 2 15Z",
  square: "M3 3H13V13H3Z",
  ring: "M8 2.5A5.5 5.5 0 1 1 7.99 2.5Z",
  cross: "M3 3 13 13M13 3 3 13",
  dot: "M8 4.5A3.5 3.5 0 1 1 7.99 4.5Z",
};

export function StateMark({ state }: { readonly state: ShownState }) {
  const shape = STATE_SHAPES[state];
  return (
    <svg class={`state-mark state-mark--${state}`} viewBox="0 0 16 16" aria-hidden="true">
      <path class={`state-mark__${shape}`} d={DRAWN[shape]} />
    </svg>
  );
}
