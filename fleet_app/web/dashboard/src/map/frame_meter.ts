/** What our own code costs, without the map library's: kept for benchmarks, and cheap enough to be always on. */

/** The newest durations, ms; older ones are forgotten. */
class Ring {
  readonly #values: Float32Array;
  #written = 0;

  constructor(size: number) {
    this.#values = new Float32Array(size);
  }

  push(value: number): void {
    this.#values[this.#written % this.#values.length] = value;
    this.#written += 1;
  }

  get written(): number {
    return this.#written;
  }

  /** Return what a share of the values does not exceed; null without any. */
  quantile(part: number): number | null {
    const sorted = this.#values.slice(0, Math.min(this.#written, this.#values.length)).sort();
    return sorted[Math.ceil(part * sorted.length) - 1] ?? null;
  }

  clear(): void {
    this.#written = 0;
  }
}

export class FrameMeter {
  readonly #frames = new Ring(1_024);
  readonly #updates = new Ring(1_024);
  #pendingMs = 0;

  /** Run something that belongs to the next frame, such as taking over what the feed told. */
  update<T>(work: () => T): T {
    const startMs = performance.now();
    const result = work();
    const tookMs = performance.now() - startMs;
    this.#updates.push(tookMs);
    this.#pendingMs += tookMs;
    return result;
  }

  /** Run what draws a frame, and close that frame. */
  frame<T>(work: () => T): T {
    const startMs = performance.now();
    const result = work();
    this.#frames.push(performance.now() - startMs + this.#pendingMs);
    this.#pendingMs = 0;
    return result;
  }

  /** How many frames were drawn since the page came or the meter was cleared. */
  get frames(): number {
    return this.#frames.written;
  }

  /** Our code per frame, updates since the frame before included, ms: the median by default. */
  frameMs(part = 0.5): number | null {
    return this.#frames.quantile(part);
  }

  /** One update, ms: the median by default. */
  updateMs(part = 0.5): number | null {
    return this.#updates.quantile(part);
  }

  clear(): void {
    this.#frames.clear();
    this.#updates.clear();
    this.#pendingMs = 0;
  }
}

declare global {
  interface Window {
    /** What the live map's own code costs. */
    fleetMeter: FrameMeter;
  }
}

export const frameMeter = new FrameMeter();
window.fleetMeter = frameMeter;
