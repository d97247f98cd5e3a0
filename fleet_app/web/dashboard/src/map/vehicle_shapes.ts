/** What vehicles look like on the map, as numbers for the shader: it draws the shapes, the theme gives the colours. */

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

/** Return the palette of an element's theme. */
export function paletteOf(element: Element): Palette {
  const states = new Float32Array(SHOWN_STATES.length * 3);
  SHOWN_STATES.forEach((state, index) => {
    states.set(colourOf(element, tokenOf(state)), index * 3);
  });
  return { states, outline: colourOf(element, "--surface"), halo: colourOf(element, "--accent") };
}

/** Return the name of the CSS variable that holds a state's colour. */
export function tokenOf(state: ShownState): string {
  return `--state-${state.replaceAll("_", "-")}`;
}

/** Return a colour variable as CSS, resolved for the element's theme. */
export function cssColourOf(element: Element, token: string): string {
  // A variable keeps `light-dark(…)` as its text; only a property that holds a colour is resolved.
  const probe = document.createElement("i");
  probe.style.color = `var(${token})`;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** Return the red, green and blue of `rgb(1, 2, 3)`, the form in which browsers tell colours, from 0 to 1. */
export function componentsOf(colour: string): Float32Array {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return Float32Array.of(red / 255, green / 255, blue / 255);
}

function colourOf(element: Element, token: string): Float32Array {
  return componentsOf(cssColourOf(element, token));
}
