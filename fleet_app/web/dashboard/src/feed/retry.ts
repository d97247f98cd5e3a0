/** When and where to connect again; the time that passes and the dice are the caller's. */

/** A connection to be had, after those before it went as they did. */
export interface Attempt {
  /** Which of the workers is asked. */
  readonly worker: string;
  /** How many attempts have failed since the feed was last heard. */
  readonly failures: number;
  readonly waitMs: number;
  readonly withToken: boolean;
}

/** How a connection ended: its close code, or `silent` where it was given up. */
export type Ending = number | "silent";

/** The worker stops: it says so to all of its clients, and the others are there. */
const WORKER_STOPS = 1012;
const WORKER_IS_FULL = 1013;
/** The message could not be read; this page's own code, for `WebSocket.close`. */
export const UNREADABLE = 4900;
/** What was asked for cannot be understood: most likely the token. */
const NOT_UNDERSTOOD = 4400;
const SHORTEST_MS = 250;
const LONGEST_MS = 5_000;

/**
 * Return the next attempt: the same worker first, then the others in turn.
 * @param last The attempt that came to an end.
 * @param wasHeard Whether a frame came before it ended.
 * @param workers The workers' addresses, this page's own first.
 * @param random From 0 to 1: so that not all pages come back in the same moment.
 */
export function nextAttempt(
  last: Attempt,
  ending: Ending,
  wasHeard: boolean,
  workers: readonly string[],
  random: number,
): Attempt {
  const failures = wasHeard ? 0 : last.failures + 1;
  const isDone = ending === WORKER_STOPS || ending === WORKER_IS_FULL || ending === UNREADABLE;
  return {
    worker: wasHeard && !isDone ? last.worker : following(last.worker, workers),
    failures,
    waitMs: ending === WORKER_STOPS && wasHeard ? 0 : backOffMs(failures, random),
    withToken: ending !== NOT_UNDERSTOOD,
  };
}

/** Return how long to wait after so many failures in a row, ms: somewhere between a quarter of a second and a bound. */
export function backOffMs(failures: number, random: number): number {
  const bound = Math.min(LONGEST_MS, 2 * SHORTEST_MS * 2 ** failures);
  return SHORTEST_MS + random * (bound - SHORTEST_MS);
}

/**
 * Return the addresses that this page may connect to, without repetition, its own first.
 * A page that came over TLS may not connect without; the browser refuses that.
 */
export function reachable(own: string, workers: readonly string[]): string[] {
  const origins = workers.map(originOf).filter((origin) => origin !== null);
  const isSafe = (origin: string) => origin.startsWith("https:") || own.startsWith("http:");
  return [...new Set([own, ...origins.filter(isSafe)])];
}

/** Return the address of a worker's feed. */
export function feedUrl(worker: string, token: string): string {
  const url = new URL("/live?fields=map&rate=1", worker.replace(/^http/, "ws"));
  if (token !== "") url.searchParams.set("token", token);
  return url.href;
}

function following(worker: string, workers: readonly string[]): string {
  return workers[(workers.indexOf(worker) + 1) % workers.length] ?? worker;
}

function originOf(address: string): string | null {
  const url = URL.canParse(address) ? new URL(address) : null;
  return url?.protocol === "http:" || url?.protocol === "https:" ? url.origin : null;
}
