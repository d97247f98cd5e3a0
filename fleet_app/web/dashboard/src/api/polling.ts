/** Asking again and again while somebody looks: not while the page is hidden, and later if the worker says so. */

import { type ReadonlySignal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Problem } from "./ask";

/** What was told last, and what is wrong since. */
export interface Told<T> {
  /** Null before the first answer, and once the worker says that there is nothing to be seen. */
  readonly value: T | null;
  /** Why the last question was not answered; null if it was. */
  readonly error: unknown;
  /** When `value` was told, by this browser's clock, ms since 1970. */
  readonly toldMs: number | null;
}

/** Questions do not follow one another closer than this, ms. */
export const SHORTEST_MS = 1_000;
const GONE = [401, 403, 404, 410];
/** What is not there, or not to be seen, is not asked for more often than this, ms. */
export const GONE_EVERY_MS = 30_000;

export class Polling<T> {
  readonly #told = signal<Told<T>>({ value: null, error: null, toldMs: null });
  #timer: ReturnType<typeof setTimeout> | null = null;
  #asking: AbortController | null = null;
  #askedMs = Number.NEGATIVE_INFINITY;
  #isSoon = false;

  constructor(
    private readonly ask: (signal: AbortSignal) => Promise<T>,
    private readonly everyMs: number,
  ) {}

  get told(): ReadonlySignal<Told<T>> {
    return this.#told;
  }

  /** Ask now and from now on; returns what ends that. */
  start(): () => void {
    document.addEventListener("visibilitychange", this.#follow);
    this.#follow();
    return () => {
      document.removeEventListener("visibilitychange", this.#follow);
      this.#rest();
    };
  }

  /** Ask before the time has come: something new is to be told. */
  readonly soon = (): void => {
    if (document.hidden) return;
    if (this.#asking === null) this.#askIn(Math.max(0, this.#askedMs + SHORTEST_MS - Date.now()));
    else this.#isSoon = true;
  };

  readonly #follow = (): void => {
    if (document.hidden) this.#rest();
    else this.soon();
  };

  #rest(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#timer = this.#asking = null;
    this.#isSoon = false;
  }

  #askIn(waitMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#askNow(), waitMs);
  }

  async #askNow(): Promise<void> {
    const asking = new AbortController();
    this.#timer = null;
    this.#asking = asking;
    this.#askedMs = Date.now();
    const { told, waitMs } = await this.#outcome(asking.signal);
    if (asking.signal.aborted) return;
    this.#asking = null;
    this.#told.value = told;
    this.#askIn(this.#isSoon ? SHORTEST_MS : waitMs);
    this.#isSoon = false;
  }

  async #outcome(signal: AbortSignal): Promise<{ told: Told<T>; waitMs: number }> {
    try {
      return { told: { value: await this.ask(signal), error: null, toldMs: Date.now() }, waitMs: this.everyMs };
    } catch (error) {
      const isGone = error instanceof Problem && GONE.includes(error.status);
      const { value, toldMs } = this.#told.peek();
      const retryAfterMs = error instanceof Problem ? (error.retryAfterS ?? 0) * 1_000 : 0;
      return {
        told: { value: isGone ? null : value, error, toldMs },
        waitMs: Math.max(isGone ? GONE_EVERY_MS : this.everyMs, retryAfterMs),
      };
    }
  }
}

/** Poll while a component is shown; with another `key` something else is asked, from nothing. */
export function usePolled<T>(key: string, everyMs: number, ask: (signal: AbortSignal) => Promise<T>): Polling<T> {
  // The key says what is asked; the function is a new one each time.
  const polling = useMemo(() => new Polling(ask, everyMs), [key, everyMs]);
  useEffect(() => polling.start(), [polling]);
  return polling;
}
