import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Cluster, PHASES, type Task, type Worker } from "../../src/api/cluster";
import { changesBetween, ownerOf, pictureOf, withChanges } from "../../src/system/changes";

const A = "http://127.0.0.1:8080";
const B = "http://127.0.0.1:8081";

function workerAt(url: string, told: Partial<Worker> = {}): Worker {
  return { url, phase: "running", owns: [], standby_for: [], lag: 0, tasks: [], views: [], problem: null, ...told };
}

function clusterOf(...workers: Worker[]): Cluster {
  return { asked: A, partitions: 4, unowned: [], workers };
}

function taskOf(partition: number, duty: Task["duty"], state: Task["state"]): Task {
  return { partition, duty, state, lag: 0, sources: [], committed_age_s: null, restore: { done: 0, total: 0 } };
}

const partitions = fc.uniqueArray(fc.nat(7), { maxLength: 8 });
const task = fc.record({
  partition: fc.nat(7),
  duty: fc.constantFrom("owner", "standby"),
  state: fc.constantFrom("restoring", "running", "stopped"),
});
const worker = fc
  .record({
    url: fc.constantFrom(A, B, "http://127.0.0.1:8082"),
    phase: fc.option(fc.constantFrom(...PHASES)),
    owns: partitions,
    standby_for: partitions,
    tasks: fc.uniqueArray(task, { maxLength: 8, selector: (each) => each.partition }),
  })
  .map(({ tasks, ...told }) =>
    workerAt(told.url, { ...told, tasks: tasks.map((each) => taskOf(each.partition, each.duty, each.state)) }),
  );
const picture = fc
  .uniqueArray(worker, { maxLength: 3, selector: (each) => each.url })
  .map((workers) => pictureOf(clusterOf(...workers)));

describe("what has changed between two looks", () => {
  test("leads from the first to the last, replayed one by one", () => {
    fc.assert(
      fc.property(fc.array(picture, { minLength: 1, maxLength: 6 }), (looks) => {
        const [first = new Map()] = looks;
        const changes = looks.slice(1).flatMap((look, index) => changesBetween(looks[index] ?? first, look));
        expect(withChanges(first, changes)).toEqual(looks.at(-1));
      }),
    );
  });

  test("is nothing where nothing has", () => {
    fc.assert(fc.property(picture, (look) => changesBetween(look, look).length === 0));
  });

  test("tells every change of owner once", () => {
    fc.assert(
      fc.property(picture, picture, (before, after) => {
        const told = changesBetween(before, after).flatMap((change) => (change.kind === "owner" ? [change] : []));
        const moved = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((partition) => {
          const [from, to] = [ownerOf(before, partition), ownerOf(after, partition)];
          return from === to ? [] : [{ kind: "owner", partition, from, to }];
        });
        expect(told).toEqual(moved);
      }),
    );
  });

  test("says that a worker died and its partitions moved to the one that copied them", () => {
    const before = pictureOf(
      clusterOf(workerAt(A, { owns: [0, 1], standby_for: [2] }), workerAt(B, { owns: [2], standby_for: [0, 1] })),
    );
    const after = pictureOf(clusterOf(workerAt(B, { owns: [0, 1, 2], tasks: [taskOf(0, "owner", "restoring")] })));
    expect(changesBetween(before, after)).toEqual([
      { kind: "went", url: A },
      { kind: "owner", partition: 0, from: A, to: B },
      { kind: "owner", partition: 1, from: A, to: B },
      { kind: "role", partition: 0, url: B, from: "standby", to: "restoring" },
      { kind: "role", partition: 1, url: B, from: "standby", to: "owner" },
    ]);
  });

  test("says that a worker does not answer, and leaves it what it was assigned", () => {
    const before = pictureOf(clusterOf(workerAt(A, { owns: [0] })));
    const after = pictureOf(clusterOf(workerAt(A, { owns: [0], phase: null, problem: "refused" })));
    expect(changesBetween(before, after)).toEqual([{ kind: "phase", url: A, from: "running", to: null }]);
  });
});
