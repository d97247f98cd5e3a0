/** What has changed between two looks at the cluster: who came and went, and which partition moved where. Pure. */

import type { Cluster, Phase, Worker } from "../api/cluster";

/** What a worker is in a partition: `restoring` is an owner that reads its tables back first. */
export type Role = "owner" | "restoring" | "standby" | "catching_up" | "stopped";

/** One worker at one look. */
export interface WorkerSeen {
  /** Null where it did not answer. */
  readonly phase: Phase | null;
  /** What it is in each of its partitions. */
  readonly roles: ReadonlyMap<number, Role>;
}

/** The cluster at one look: its workers by URL. */
export type Picture = ReadonlyMap<string, WorkerSeen>;

export type Change =
  | { readonly kind: "came"; readonly url: string }
  | { readonly kind: "went"; readonly url: string }
  | { readonly kind: "phase"; readonly url: string; readonly from: Phase | null; readonly to: Phase | null }
  /** A partition is processed by another worker; null is nobody. */
  | { readonly kind: "owner"; readonly partition: number; readonly from: string | null; readonly to: string | null }
  /** A worker is something else in a partition; null is nothing. */
  | {
      readonly kind: "role";
      readonly partition: number;
      readonly url: string;
      readonly from: Role | null;
      readonly to: Role | null;
    };

/** Return what of a cluster can change. */
export function pictureOf(cluster: Cluster): Picture {
  return new Map(cluster.workers.map((worker) => [worker.url, seenOf(worker)]));
}

/** Return the worker that processes a partition, or reads it back to do so; null for nobody. */
export function ownerOf(picture: Picture, partition: number): string | null {
  for (const [url, worker] of picture) {
    const role = worker.roles.get(partition);
    if (role === "owner" || role === "restoring") return url;
  }
  return null;
}

/**
 * Return what leads from one picture to the next, in the order in which it reads well: who went, who came, how they
 * are, who owns what, who is what in it.
 */
export function changesBetween(before: Picture, after: Picture): Change[] {
  const urls = [...new Set([...before.keys(), ...after.keys()])].sort();
  return [
    ...urls.filter((url) => !after.has(url)).map((url): Change => ({ kind: "went", url })),
    ...urls.filter((url) => !before.has(url)).map((url): Change => ({ kind: "came", url })),
    ...urls.flatMap((url) => phaseChange(url, before.get(url), after.get(url))),
    ...ownerChanges(before, after),
    ...urls.flatMap((url) => roleChanges(url, before.get(url), after.get(url))),
  ];
}

/** Return the picture that changes lead to. A change of owner says nothing that its two changes of role do not. */
export function withChanges(before: Picture, changes: readonly Change[]): Picture {
  const after = new Map<string, WorkerSeen>(before);
  for (const change of changes) {
    if (change.kind === "owner") continue;
    const worker = after.get(change.url) ?? NOTHING_KNOWN;
    if (change.kind === "went") after.delete(change.url);
    else if (change.kind === "came") after.set(change.url, NOTHING_KNOWN);
    else if (change.kind === "phase") after.set(change.url, { ...worker, phase: change.to });
    else if (after.has(change.url)) after.set(change.url, { ...worker, roles: withRole(worker.roles, change) });
  }
  return after;
}

const NOTHING_KNOWN: WorkerSeen = { phase: null, roles: new Map() };

function seenOf(worker: Worker): WorkerSeen {
  const roles = new Map<number, Role>();
  // What it was assigned counts until it tells how far it is, and while it does not answer.
  for (const partition of worker.standby_for) roles.set(partition, "standby");
  for (const partition of worker.owns) roles.set(partition, "owner");
  for (const task of worker.tasks) {
    if (task.state === "stopped") roles.set(task.partition, "stopped");
    else if (task.duty === "owner") roles.set(task.partition, task.state === "running" ? "owner" : "restoring");
    else roles.set(task.partition, task.state === "running" ? "standby" : "catching_up");
  }
  return { phase: worker.phase, roles };
}

function phaseChange(url: string, before: WorkerSeen | undefined, after: WorkerSeen | undefined): Change[] {
  const [from, to] = [before?.phase ?? null, after?.phase ?? null];
  return after === undefined || from === to ? [] : [{ kind: "phase", url, from, to }];
}

function ownerChanges(before: Picture, after: Picture): Change[] {
  return partitionsOf(before, after).flatMap((partition): Change[] => {
    const [from, to] = [ownerOf(before, partition), ownerOf(after, partition)];
    return from === to ? [] : [{ kind: "owner", partition, from, to }];
  });
}

function roleChanges(url: string, before: WorkerSeen | undefined, after: WorkerSeen | undefined): Change[] {
  if (after === undefined) return [];
  const partitions = new Set([...(before?.roles.keys() ?? []), ...after.roles.keys()]);
  return [...partitions].sort(ascending).flatMap((partition): Change[] => {
    const [from, to] = [before?.roles.get(partition) ?? null, after.roles.get(partition) ?? null];
    return from === to ? [] : [{ kind: "role", partition, url, from, to }];
  });
}

function partitionsOf(...pictures: readonly Picture[]): number[] {
  const partitions = pictures.flatMap((picture) => [...picture.values()].flatMap((worker) => [...worker.roles.keys()]));
  return [...new Set(partitions)].sort(ascending);
}

function withRole(roles: ReadonlyMap<number, Role>, change: { partition: number; to: Role | null }) {
  const next = new Map(roles);
  if (change.to === null) next.delete(change.partition);
  else next.set(change.partition, change.to);
  return next;
}

function ascending(a: number, b: number): number {
  return a - b;
}
