/** What vehicles look like on the map, as numbers for the shader: it draws the shapes, the theme gives the colours. */

import { themeColour } from "../ui/theme_colour";
import { SHOWN_STATES, type ShownState, STATE_SHAPES } from "../vehicles/shown_state";
import { DOT_MARK } from "./shaders";

/** Not drawn: filtered out, or part of a cluster. */
export const NO_MARK = -1;

/** From its middle to its tip, in CSS pixels. */
export const MARK_RADIUS_PX = 12;

/** Return the number of a state's mark: its place in `SHOWN_STATES`. An arrow that points nowhere is a dot. */
export function markOf(state: ShownState, hasHeading: boolean): number {
  const isDot = STATE_SHAPES[state] === "arrow" && !hasHeading;
  return SHOWN_STATES.indexOf(state) + (isDot ? DOT_MARK : 0);
}

/** The colours of the theme that is on, as the shader takes them: red, green, blue from 0 to 1. */
export interface Palette {
  /** One for each of `SHOWN_STATES`, one behind the other. */
  readonly states: Float32Array;
  /** Around every mark, so that it stands out from whatever is below it. */
  readonly outline: Float32Array;
  /** Around the selected vehicle. */
  readonly halo: Float32Array;
}

/** Return the palette of the shown theme. */
export function shownPalette(): Palette {
  const states = new Float32Array(SHOWN_STATES.length * 3);
  SHOWN_STATES.forEach((state, index) => {
    states.set(colourOf(tokenOf(state)), index * 3);
  });
  return { states, outline: colourOf("--surface"), halo: colourOf("--accent") };
}

/** Return the name of the CSS variable that holds a state's colour. */
export function tokenOf(state: ShownState): `--state-${string}` {
  return `--state-${state.replaceAll("_", "-")}`;
}

/** Return the red, green and blue of `#rrggbb`, from 0 to 1. */
export function componentsOf(colour: `#${string}`): Float32Array {
  return Float32Array.from([1, 3, 5], (at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
}

function colourOf(variable: `--${string}`): Float32Array {
  return componentsOf(themeColour(variable));
}
