/** What the operator has set, as far as pages need it, and where the workers are. */

import { signal } from "@preact/signals";
import { fleetZone } from "../units/preferences";
import { get, Problem } from "./ask";
import type { Role } from "./session";

export interface PageSettings {
  /** The worker's release; empty where it does not say. */
  readonly version: string;
  /** The fleet's time zone: a name of the IANA database. */
  readonly timezone: string | null;
  /** The addresses of all workers: origins. */
  readonly workers: readonly string[];
  readonly role: Role | null;
  readonly map: {
    /** The operator's own base map, PMTiles; null for the bundled one. */
    readonly tiles: string | null;
    /** The operator's own style; null for the page's own. */
    readonly style_url: string | null;
  };
}

const DEFAULTS: PageSettings = {
  version: "",
  timezone: null,
  workers: [],
  role: null,
  map: { tiles: null, style_url: null },
};
const NOT_FOUND = 404;

/** Null before they are known. Stays the same object until something has changed. */
export const pageSettings = signal<PageSettings | null>(null);

/** Ask for the settings again. @throws {Problem} They cannot be had now; what was known stays. */
export async function refreshPageSettings(): Promise<void> {
  const told = await get<PageSettings>("/api/page-settings").catch((error: unknown) => {
    if (error instanceof Problem && error.status === NOT_FOUND) return DEFAULTS;
    throw error;
  });
  if (JSON.stringify(told) === JSON.stringify(pageSettings.peek())) return;
  pageSettings.value = told;
  fleetZone.value = told.timezone;
}
