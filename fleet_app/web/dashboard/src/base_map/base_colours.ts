/** The colours of the base map: calm, and at least 3:1 away from the colour of every vehicle that stands on it. */

import type { ShownTheme } from "./shown_theme";

export interface BaseColours {
  readonly land: string;
  readonly water: string;
  readonly green: string;
  readonly built: string;
  readonly building: string;
  readonly street: string;
  readonly mainStreet: string;
  readonly streetEdge: string;
  readonly path: string;
  readonly rail: string;
  readonly border: string;
  readonly text: string;
  readonly halo: string;
}

export const BASE_COLOURS: Readonly<Record<ShownTheme, BaseColours>> = {
  light: {
    land: "#eef1f3",
    water: "#d6e2ea",
    green: "#e2ebe0",
    built: "#e9ecef",
    building: "#e3e7eb",
    street: "#ffffff",
    mainStreet: "#ffffff",
    streetEdge: "#d3d9df",
    path: "#dce1e6",
    rail: "#d0d6dc",
    border: "#cdd4db",
    text: "#55606c",
    halo: "#f7f9fa",
  },
  dark: {
    land: "#161d25",
    water: "#0e141a",
    green: "#17231f",
    built: "#19212a",
    building: "#1e2730",
    street: "#2a3540",
    mainStreet: "#343f4b",
    streetEdge: "#11171e",
    path: "#242e38",
    rail: "#2c3742",
    border: "#37434f",
    text: "#a3b0bd",
    halo: "#12181f",
  },
};
