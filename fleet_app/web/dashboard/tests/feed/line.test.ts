import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openLine } from "../../src/feed/line";
import { type FakeSocket, newestSocket, useFakeSockets } from "./sockets";

const listener = { onMessage: vi.fn(), onEnd: vi.fn() };
let hangUp: () => void;
let socket: FakeSocket;

beforeEach(() => {
  vi.useFakeTimers();
  useFakeSockets();
  listener.onMessage.mockReset();
  listener.onEnd.mockReset();
  hangUp = openLine("ws://one/live", listener);
  socket = newestSocket();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a line", () => {
  test("passes messages on as bytes", () => {
    const data = new ArrayBuffer(8);
    socket.accept();
    socket.tell(data);

    expect(socket.binaryType).toBe("arraybuffer");
    expect(listener.onMessage).toHaveBeenCalledExactlyOnceWith(data);
  });

  test("ends with the code that it was closed with", () => {
    socket.accept();
    socket.end(1012);

    expect(listener.onEnd).toHaveBeenCalledExactlyOnceWith(1012);
  });

  test("is given up where nobody answers within five seconds", () => {
    vi.advanceTimersByTime(5_000);
    expect(listener.onEnd).not.toHaveBeenCalled();

    vi.advanceTimersByTime(1_000);
    expect(listener.onEnd).toHaveBeenCalledExactlyOnceWith("silent");
    expect(socket.isClosed).toBe(true);
  });

  test("is given up after twelve seconds of silence, and not while heartbeats come", () => {
    socket.accept();
    for (let beats = 0; beats < 10; beats++) {
      vi.advanceTimersByTime(5_000);
      socket.tell(new ArrayBuffer(8));
    }
    expect(listener.onEnd).not.toHaveBeenCalled();

    vi.advanceTimersByTime(13_000);
    expect(listener.onEnd).toHaveBeenCalledExactlyOnceWith("silent");
  });

  test("says nothing any more once it was hung up or has ended", () => {
    hangUp();
    socket.tell(new ArrayBuffer(8));
    socket.end(1006);
    vi.advanceTimersByTime(60_000);

    expect(listener.onMessage).not.toHaveBeenCalled();
    expect(listener.onEnd).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
