/** One WebSocket, until it ends or falls silent. */

import type { Ending } from "./retry";

/** How long a worker may take to answer at all. */
const OPEN_WITHIN_MS = 5_000;
/** Heartbeats come every 5 s: two of them have been missed, and then some. */
const SILENT_AFTER_MS = 12_000;
const LOOK_EVERY_MS = 1_000;

interface Listener {
  readonly onMessage: (data: ArrayBuffer) => void;
  /** Called once, unless the line was hung up before. */
  readonly onEnd: (ending: Ending) => void;
}

/** Open a line; returns what hangs up. Nothing is called any more after that. */
export function openLine(url: string, { onMessage, onEnd }: Listener): () => void {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  let heardMs = Date.now();
  let limitMs = OPEN_WITHIN_MS;
  const listening = new AbortController();

  const hangUp = (): void => {
    clearInterval(look);
    listening.abort();
    socket.close();
  };
  const end = (ending: Ending): void => {
    hangUp();
    onEnd(ending);
  };
  // A look every second, not a timer for every message; it is right after a sleep of the machine too.
  const look = setInterval(() => {
    if (Date.now() - heardMs > limitMs) end("silent");
  }, LOOK_EVERY_MS);

  const on = { signal: listening.signal };
  const opened = (): void => {
    heardMs = Date.now();
    limitMs = SILENT_AFTER_MS;
  };
  const heard = (event: MessageEvent<ArrayBuffer>): void => {
    heardMs = Date.now();
    onMessage(event.data);
  };
  socket.addEventListener("open", opened, on);
  socket.addEventListener("message", heard, on);
  socket.addEventListener("close", (event) => end(event.code), on);
  return hangUp;
}
