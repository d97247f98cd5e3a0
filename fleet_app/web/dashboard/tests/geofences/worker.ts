/** A worker as far as geofences go: the list with tags, revisions that are looked at, and problems as they are told. */

import type { Geofence, GeofenceBody, VehicleNear } from "../../src/api/geofences";

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

export class FakeWorker {
  readonly asked: Asked[] = [];
  /** How many stand on a page. */
  pageSize = 1_000;
  /** Answered in the place of the next change, as one that somebody else's was in the way of. */
  before: (() => void) | null = null;
  /** What every change is answered with in the place of being made. */
  problem: { readonly status: number; readonly detail: string } | null = null;
  /** Whether changes are answered before they are decided. */
  isSlow = false;
  /** Who is near whatever is asked for. */
  vehicles: readonly VehicleNear[] = [];
  readonly #geofences = new Map<string, Geofence>();

  constructor(...geofences: readonly Geofence[]) {
    for (const geofence of geofences) this.set(geofence);
  }

  get(geofenceId: string): Geofence | undefined {
    return this.#geofences.get(geofenceId);
  }

  set(geofence: Geofence): void {
    this.#geofences.set(geofence.geofence_id, geofence);
  }

  delete(geofenceId: string): void {
    this.#geofences.delete(geofenceId);
  }

  /** What stands in the place of the browser's `fetch`. */
  readonly fetch = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const method = init.method ?? "GET";
    const answer = this.#answer(method, new URL(path, "http://worker"), new Headers(init.headers), init.body);
    this.asked.push({ method, path, status: answer.status });
    return answer;
  };

  #answer(method: string, url: URL, headers: Headers, body: unknown): Response {
    const id = decodeURIComponent(url.pathname.split("/")[3] ?? "");
    if (url.pathname === "/api/vehicles") return json(200, { items: this.vehicles, next: null });
    if (method === "GET") return id === "" ? this.#list(url, headers) : this.#one(id);
    this.before?.();
    this.before = null;
    if (this.problem !== null) return problem(this.problem.status, this.problem.detail);
    const there = this.#geofences.get(id)?.revision ?? 0;
    if (!isSeen(there, headers)) return problem(409, `of '${id}' there is revision ${there}`);
    if (this.isSlow) return json(202, { request_id: "b70c4d19e2f6" });
    if (method === "DELETE") {
      this.delete(id);
      return new Response(null, { status: 204 });
    }
    return this.#put(id === "" ? `made-${this.#geofences.size}` : id, JSON.parse(String(body)), there);
  }

  #list(url: URL, headers: Headers): Response {
    const after = url.searchParams.get("cursor") ?? "";
    const found = [...this.#geofences.values()].filter(({ geofence_id }) => geofence_id > after);
    found.sort((one, other) => (one.geofence_id < other.geofence_id ? -1 : 1));
    const items = found.slice(0, this.pageSize);
    const tag = `"${JSON.stringify(items).replaceAll('"', "'")} of ${found.length}"`;
    if (headers.get("If-None-Match") === tag) return new Response(null, { status: 304 });
    return json(200, { items, next: found.length > items.length ? items.at(-1)?.geofence_id : null }, tag);
  }

  #one(id: string): Response {
    const geofence = this.#geofences.get(id);
    return geofence === undefined ? problem(404, `there is no geofence '${id}'`) : told(200, geofence);
  }

  #put(id: string, body: GeofenceBody, there: number): Response {
    const geofence = { ...body, geofence_id: id, revision: there + 1 };
    this.set(geofence);
    return told(there === 0 ? 201 : 200, geofence);
  }
}

function isSeen(there: number, headers: Headers): boolean {
  const seen = headers.get("If-Match");
  if (headers.get("If-None-Match") === "*") return there === 0;
  return seen === null || seen === `"${there}"`;
}

function told(status: number, geofence: Geofence): Response {
  return json(status, geofence, `"${geofence.revision}"`);
}

function problem(status: number, detail: string): Response {
  return json(status, { detail, code: "a_problem" });
}

function json(status: number, body: unknown, tag?: string): Response {
  return new Response(JSON.stringify(body), { status, headers: tag === undefined ? {} : { ETag: tag } });
}
