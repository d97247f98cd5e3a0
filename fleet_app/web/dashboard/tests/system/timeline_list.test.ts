import { expect, test } from "vitest";
import { sentence } from "../../src/system/timeline_list";

const A = "http://127.0.0.1:8080";
const B = "http://127.0.0.1:8081";

test("a death is told as people would", () => {
  expect(sentence({ kind: "phase", url: A, from: "running", to: null })).toBe("Worker :8080 does not answer");
  expect(sentence({ kind: "went", url: A })).toBe("Worker :8080 is gone");
  expect(sentence({ kind: "moved", partitions: [0, 1, 2, 5], from: A, to: B })).toBe(
    "Partitions 0–2, 5 moved from :8080 to :8081",
  );
  expect(sentence({ kind: "moved", partitions: [3], from: A, to: null })).toBe(
    "Partition 3 left :8080: nobody has it now",
  );
  expect(sentence({ kind: "moved", partitions: [3], from: null, to: B })).toBe("Partition 3 taken by :8081");
  expect(sentence({ kind: "restored", partitions: [3], url: B })).toBe("Partition 3 processed again by :8081");
  expect(sentence({ kind: "came", url: A })).toBe("Worker :8080 is there");
  expect(sentence({ kind: "phase", url: A, from: null, to: "restoring" })).toBe("Worker :8080: restoring");
});
