/** Plays a replay: a time that goes on, at a rate, until it is paused or comes to the end. */

import { signal } from "@preact/signals";
import { endMsOf, momentAt, playedOn, type Replay, startMsOf } from "./replay";

export const RATES = [1, 5, 10, 30, 60] as const;
export type Rate = (typeof RATES)[number];

// Without motion, the vehicle stands at a new place once a second.
const STEP_MS = 1_000;
// A tab that was hidden shows the next moment, not all that it has missed.
const LONGEST_FRAME_MS = 250;

export class Player {
  readonly timeMs = signal(0);
  readonly isPlaying = signal(false);
  readonly rate = signal<Rate>(10);
  readonly replay;
  #stop: () => void = () => undefined;

  constructor(replay: Replay, timeMs: number | null) {
    this.replay = signal(replay);
    this.seek(timeMs ?? startMsOf(replay));
  }

  /** Go on with the same trip as it is known now. Whoever stood at its end stays there. */
  renew(replay: Replay): void {
    const wasAtEnd = this.timeMs.peek() >= endMsOf(this.replay.peek());
    this.replay.value = replay;
    this.seek(wasAtEnd ? endMsOf(replay) : this.timeMs.peek());
  }

  /** Go to a time of the trip; outside of it, to its start or end. */
  seek(timeMs: number): void {
    this.timeMs.value = momentAt(this.replay.peek(), timeMs).timeMs;
  }

  toggle(): void {
    if (this.isPlaying.peek()) this.pause();
    else this.play();
  }

  /** Play from here, or from the start if this is the end. */
  play(): void {
    const replay = this.replay.peek();
    if (this.timeMs.peek() >= endMsOf(replay)) this.seek(startMsOf(replay));
    this.#stop();
    this.isPlaying.value = true;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#stop = isStill ? this.#step() : this.#animate();
  }

  pause(): void {
    this.#stop();
    this.isPlaying.value = false;
  }

  #step(): () => void {
    const timer = setInterval(() => this.#goOn(STEP_MS), STEP_MS);
    return () => clearInterval(timer);
  }

  #animate(): () => void {
    let lastMs = performance.now();
    const draw = (nowMs: number) => {
      frame = requestAnimationFrame(draw);
      this.#goOn(Math.min(nowMs - lastMs, LONGEST_FRAME_MS));
      lastMs = nowMs;
    };
    let frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }

  #goOn(elapsedMs: number): void {
    const replay = this.replay.peek();
    this.timeMs.value = playedOn(replay, this.timeMs.peek(), elapsedMs, this.rate.peek());
    if (this.timeMs.peek() >= endMsOf(replay)) this.pause();
  }
}
