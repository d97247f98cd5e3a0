import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Change } from "../../src/system/changes";
import { happeningsOf, ranges, shortNames, TIMELINE_MS, withHappened } from "../../src/system/timeline";

const A = "http://127.0.0.1:8080";
const B = "http://127.0.0.1:8081";

function moved(partition: number, from: string | null, to: string | null): Change {
  return { kind: "owner", partition, from, to };
}

describe("what happened", () => {
  test("is one line for partitions that moved together", () => {
    expect(happeningsOf([moved(0, A, B), moved(1, A, null), moved(2, A, B)])).toEqual([
      { kind: "moved", partitions: [0, 2], from: A, to: B },
      { kind: "moved", partitions: [1], from: A, to: null },
    ]);
  });

  test("says that partitions run again, and nothing of copies", () => {
    const changes: Change[] = [
      { kind: "role", partition: 3, url: A, from: "restoring", to: "owner" },
      { kind: "role", partition: 4, url: A, from: "restoring", to: "owner" },
      { kind: "role", partition: 5, url: A, from: null, to: "standby" },
    ];
    expect(happeningsOf(changes)).toEqual([{ kind: "restored", partitions: [3, 4], url: A }]);
  });

  test("stands newest first, for ten minutes", () => {
    const first = withHappened([], 1_000, [{ kind: "went", url: A }]);
    const second = withHappened(first, 2_000, [{ kind: "came", url: A }]);
    expect(second.map((entry) => [entry.timeMs, entry.happening.kind])).toEqual([
      [2_000, "came"],
      [1_000, "went"],
    ]);
    expect(withHappened(second, 1_000 + TIMELINE_MS, []).map((entry) => entry.timeMs)).toEqual([2_000]);
  });
});

describe("numbers in a line", () => {
  test("are put together where they follow each other", () => {
    expect(ranges([5, 0, 2, 1, 2])).toBe("0–2, 5");
    expect(ranges([])).toBe("");
  });

  test("are all there, and no others", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60)), (numbers) => {
        const read = ranges(numbers)
          .split(", ")
          .filter((span) => span !== "")
          .flatMap((span) => {
            const [first = 0, last = first] = span.split("–").map(Number);
            return Array.from({ length: last - first + 1 }, (_, index) => first + index);
          });
        expect(read).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      }),
    );
  });
});

test("workers of one host are told apart by their ports, others by host and port", () => {
  expect([...shortNames([A, B]).values()]).toEqual([":8080", ":8081"]);
  expect([...shortNames(["http://one:8080", "http://two:8080"]).values()]).toEqual(["one:8080", "two:8080"]);
  expect([...shortNames(["https://fleet.example"]).values()]).toEqual(["fleet.example"]);
});
