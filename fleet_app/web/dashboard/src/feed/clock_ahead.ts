/** How far the worker's clock is ahead of this browser's. */

const KEPT_MS = 60_000;

interface Sample {
  readonly heardMs: number;
  readonly aheadMs: number;
}

/**
 * The best estimate of the last minute. A frame that was under way for long makes the worker's clock look slow, so the
 * frame that makes it look fastest is nearest to the truth.
 */
export class ClockAhead {
  /** The largest first; each later one is the largest since. So this stays short. */
  #samples: Sample[] = [];

  /** Take in when a frame was made, by the worker's clock, and when it was heard, by this browser's; both ms. */
  hear(madeMs: number, heardMs: number): void {
    const aheadMs = madeMs - heardMs;
    const since = heardMs - KEPT_MS;
    this.#samples = this.#samples.filter((one) => one.aheadMs > aheadMs && one.heardMs > since);
    this.#samples.push({ heardMs, aheadMs });
  }

  /** The estimate, ms; 0 before the first frame. */
  get ms(): number {
    return this.#samples[0]?.aheadMs ?? 0;
  }

  /** Begin anew: another worker has another clock. */
  forget(): void {
    this.#samples = [];
  }
}
