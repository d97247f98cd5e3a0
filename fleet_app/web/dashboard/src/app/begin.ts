/** What begins with the page and goes on for as long as it is open. */

import { computed, effect } from "@preact/signals";
import { askElsewhere } from "../api/ask";
import { pageSettings, refreshPageSettings } from "../api/page_settings";
import { logInAddress, refreshSession } from "../api/session";
import { followFeed } from "../feed/connection";
import { theme } from "../units/preferences";
import { followHistory } from "./route";
import * as state from "./state";

const SECOND_MS = 1_000;
const REFRESH_EVERY_MS = 30_000;

export function begin(): void {
  followHistory();
  followTheme();
  followClock();
  followFeed(state, {
    own: location.origin,
    workers: () => pageSettings.peek()?.workers ?? [],
    onRefused: () => quietly(refreshSession(logIn)),
  });
  followWorker();
  followRelease();
}

function followTheme(): void {
  const root = document.documentElement;
  effect(() => {
    if (theme.value === "system") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", theme.value);
  });
}

function followClock(): void {
  const tick = (): void => {
    state.nowMs.value = Date.now() + state.clockAheadMs.peek();
  };
  setInterval(tick, SECOND_MS);
  // The first frame tells the worker's clock: ages need not wait for the next second.
  state.clockAheadMs.subscribe(tick);
}

/** Ask what is asked of every worker: now, every 30 s, and whenever one begins to tell. */
function followWorker(): void {
  const refresh = (): void => {
    quietly(refreshSession(logIn));
    quietly(refreshPageSettings());
  };
  const teller = computed(() => (state.connection.value.phase === "live" ? state.connection.value.worker : null));
  refresh();
  setInterval(refresh, REFRESH_EVERY_MS);
  effect(() => {
    if (teller.value === null) return;
    askElsewhere(teller.value === location.origin ? null : teller.value);
    refresh();
  });
}

/** Notice that the workers are of another release than when the page was loaded. */
function followRelease(): void {
  let loaded = "";
  effect(() => {
    const version = pageSettings.value?.version ?? "";
    loaded ||= version;
    if (version !== loaded) state.isOutdated.value = true;
  });
}

function logIn(): void {
  location.assign(logInAddress(location.pathname, location.search));
}

/** Ask for what is asked for again anyway. */
function quietly(asked: Promise<void>): void {
  asked.catch((error: unknown) => console.info(error));
}
