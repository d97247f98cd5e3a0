/** What every browser has and happy-dom lacks. */

import { vi } from "vitest";

/** A worker that never answers: no test here needs one that does, and MapLibre starts its own as soon as it is loaded. */
class SilentWorker extends EventTarget {
  postMessage(): void {}
  terminate(): void {}
}

vi.stubGlobal("Worker", SilentWorker);
