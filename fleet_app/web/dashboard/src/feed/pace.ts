/** Something that must not happen too often. */

/**
 * Return a function that runs another: at once, but no sooner than an interval after it ran last. What was asked for
 * meanwhile runs once, when the interval is over.
 */
export function atMostEvery(intervalMs: number, run: () => void): () => void {
  let ranMs = Number.NEGATIVE_INFINITY;
  let isWaiting = false;

  const now = (): void => {
    isWaiting = false;
    ranMs = performance.now();
    run();
  };

  return () => {
    if (isWaiting) return;
    const waitMs = ranMs + intervalMs - performance.now();
    if (waitMs <= 0) {
      now();
      return;
    }
    isWaiting = true;
    setTimeout(now, waitMs);
  };
}
