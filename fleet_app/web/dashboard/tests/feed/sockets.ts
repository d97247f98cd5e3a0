/** WebSockets that a test holds the other end of. */

import { vi } from "vitest";

export class FakeSocket extends EventTarget {
  binaryType = "blob";
  isClosed = false;

  constructor(readonly url: string) {
    super();
    opened.push(this);
  }

  close(): void {
    this.isClosed = true;
  }

  accept(): void {
    this.dispatchEvent(new Event("open"));
  }

  tell(data: ArrayBuffer): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  end(code: number): void {
    this.dispatchEvent(new CloseEvent("close", { code }));
  }

  get token(): string | null {
    return new URL(this.url).searchParams.get("token");
  }

  get host(): string {
    return new URL(this.url).host;
  }
}

/** All that were opened in this test, the newest last. */
const opened: FakeSocket[] = [];

/** From now on the page's WebSockets are these. */
export function useFakeSockets(): void {
  opened.length = 0;
  vi.stubGlobal("WebSocket", FakeSocket);
}

export function socketsOpened(): number {
  return opened.length;
}

export function newestSocket(): FakeSocket {
  const socket = opened.at(-1);
  if (socket === undefined) throw new Error("no WebSocket was opened");
  return socket;
}
