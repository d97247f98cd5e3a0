/** The connection to the live feed: kept for as long as the page is open, at whichever worker answers. */

import type { Signal } from "@preact/signals";
import type { Connection } from "../app/state";
import { ClockAhead } from "./clock_ahead";
import type { Fleet } from "./fleet";
import type { Frame } from "./frame";
import type { Latencies } from "./latency";
import { openLine } from "./line";
import { atMostEvery } from "./pace";
import { readFrame, UnreadableFrame } from "./packed";
import { type Attempt, type Ending, feedUrl, nextAttempt, reachable, UNREADABLE } from "./retry";

/** What the feed keeps up to date. */
export interface Told {
  readonly fleet: Fleet;
  readonly fleetRevision: Signal<number>;
  readonly connection: Signal<Connection>;
  readonly clockAheadMs: Signal<number>;
  readonly isOutdated: Signal<boolean>;
  readonly latencies: Latencies;
}

/** What the feed needs to know of the page. */
export interface Asked {
  /** This page's own worker: an origin. */
  readonly own: string;
  /** The addresses of all workers, as far as they are known. */
  readonly workers: () => readonly string[];
  /** Called when a connection could not be had: the session may have ended. */
  readonly onRefused: () => void;
}

/** Lists and counts are drawn again 4 times a second at most. */
const TELL_EVERY_MS = 250;
/** The key was revoked or has expired, so the session has ended. */
const NOT_ALLOWED = 1008;

/** Begin to follow the feed; returns what ends it. */
export function followFeed(told: Told, asked: Asked): () => void {
  const feed = new LiveFeed(told, asked);
  feed.connect({ worker: asked.own, failures: 0, waitMs: 0, withToken: true });
  return () => feed.end();
}

class LiveFeed {
  readonly #told: Told;
  readonly #asked: Asked;
  readonly #clock = new ClockAhead();
  readonly #tellSoon = atMostEvery(TELL_EVERY_MS, () => this.#tell());
  #token = "";
  #latest: Connection;
  #hasChanged = false;
  /** Ends what goes on at the moment: a wait, or a line. */
  #stop: () => void = () => undefined;

  constructor(told: Told, asked: Asked) {
    this.#told = told;
    this.#asked = asked;
    this.#latest = told.connection.peek();
  }

  connect(attempt: Attempt): void {
    if (!attempt.withToken) this.#token = "";
    const timer = setTimeout(() => this.#open(attempt), attempt.waitMs);
    this.#stop = () => clearTimeout(timer);
  }

  end(): void {
    this.#stop();
  }

  #open(attempt: Attempt): void {
    let wasHeard = false;

    const onEnd = (ending: Ending): void => {
      this.#cut();
      if (!wasHeard || ending === NOT_ALLOWED) this.#asked.onRefused();
      const workers = reachable(this.#asked.own, this.#asked.workers());
      this.connect(nextAttempt(attempt, ending, wasHeard, workers, Math.random()));
    };
    const onMessage = (data: ArrayBuffer): void => {
      const frame = this.#read(data);
      if (frame === null) {
        hangUp();
        onEnd(UNREADABLE);
        return;
      }
      // Another worker has another clock.
      if (!wasHeard) this.#clock.forget();
      wasHeard = true;
      this.#hear(frame, attempt.worker, Date.now());
    };
    const hangUp = openLine(feedUrl(attempt.worker, this.#token), { onMessage, onEnd });
    this.#stop = hangUp;
  }

  #read(data: ArrayBuffer): Frame | null {
    try {
      return readFrame(data);
    } catch (error) {
      if (!(error instanceof UnreadableFrame)) throw error;
      console.warn(error);
      this.#told.isOutdated.value = true;
      return null;
    }
  }

  #hear(frame: Frame, worker: string, heardMs: number): void {
    if (frame.kind === "reset") this.#token = "";
    if (frame.token !== "") this.#token = frame.token;
    this.#clock.hear(frame.timeMs, heardMs);
    this.#measure(frame, heardMs + this.#clock.ms);
    this.#told.fleet.apply(frame);
    this.#hasChanged ||= frame.kind !== "heartbeat";
    const goesOn = this.#latest.phase === "live" && this.#latest.worker === worker;
    const sinceMs = goesOn ? this.#latest.sinceMs : heardMs;
    this.#latest = { phase: "live", sinceMs, worker, behindMs: frame.behindMs, heardMs };
    this.#tellSoon();
  }

  #measure(frame: Frame, nowMs: number): void {
    const { latencies, fleet } = this.#told;
    latencies.hear(frame, fleet, nowMs);
    if (document.hidden) latencies.passOver();
    else requestAnimationFrame(() => latencies.draw(Date.now() + this.#clock.ms));
  }

  #cut(): void {
    if (this.#latest.phase !== "live") return;
    this.#latest = { ...this.#latest, phase: "cut", sinceMs: Date.now() };
    this.#tell();
  }

  #tell(): void {
    this.#told.clockAheadMs.value = this.#clock.ms;
    this.#told.connection.value = this.#latest;
    if (this.#hasChanged) this.#told.fleetRevision.value += 1;
    this.#hasChanged = false;
  }
}
