/** Asking the worker: JSON in and out, problems as they are told, sessions as they need to be. */

/** An answer that is a problem (RFC 9457), or no answer at all. */
export class Problem extends Error {
  /** @param status HTTP status; 0 where the worker did not answer. */
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly retryAfterS: number | null = null,
  ) {
    super(detail);
  }
}

/** A value with the revision that it had when it was read. */
export interface Tagged<T> {
  readonly value: T;
  /** What `If-Match` takes; null where the answer has none. */
  readonly etag: string | null;
}

const ANSWER_WITHIN_MS = 10_000;
const UNAUTHORIZED = 401;
let csrfToken: string | null = null;
let otherWorker: string | null = null;

/** Send this token along with changes from now on; sessions need one. */
export function useCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** Ask this worker, an origin, what this page's own one does not answer; null for none. */
export function askElsewhere(worker: string | null): void {
  otherWorker = worker;
}

/** Return what a path answers. @throws {Problem} It is a problem. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send<T>("GET", path, {}, undefined, signal)).value;
}

/** Return what a path answers, and its revision. @throws {Problem} It is a problem. */
export function getTagged<T>(path: string, signal?: AbortSignal): Promise<Tagged<T>> {
  return send<T>("GET", path, {}, undefined, signal);
}

/** Change something, if it still has the revision that was seen. @throws {Problem} It was not changed. */
export function change<T>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body: unknown,
  seen: { readonly etag: string } | "new" | "any",
): Promise<Tagged<T>> {
  const headers: Record<string, string> = csrfToken === null ? {} : { "Fleet-CSRF": csrfToken };
  if (seen === "new") headers["If-None-Match"] = "*";
  else if (seen !== "any") headers["If-Match"] = seen.etag;
  return send<T>(method, path, headers, body);
}

async function send<T>(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Tagged<T>> {
  const init: RequestInit = { method, headers };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  const response = await answerOf(path, init, signal).catch(async (problem: unknown) => {
    const answer = isNoAnswer(problem) ? await answerElsewhere(path, init, signal) : null;
    if (answer === null) throw problem;
    return answer;
  });
  if (!response.ok) throw await problemOf(response);
  const value = (response.status === 204 ? undefined : await response.json()) as T;
  return { value, etag: response.headers.get("ETag") };
}

async function answerOf(url: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
  const limit = AbortSignal.timeout(ANSWER_WITHIN_MS);
  try {
    return await fetch(url, { ...init, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "no_answer", error instanceof Error ? error.message : String(error));
  }
}

/** Return what the other worker answers, null where there is none or it cannot say. */
async function answerElsewhere(path: string, init: RequestInit, signal?: AbortSignal): Promise<Response | null> {
  // The question may have come in although no answer came out, and two POSTs make two things. What is put or deleted
  // again comes to the same, or is refused because its revision has gone by.
  if (otherWorker === null || init.method === "POST") return null;
  const url = new URL(path, otherWorker).href;
  try {
    const response = await answerOf(url, { ...init, credentials: "include" }, signal);
    // Under another host name it is not sent the session, so that it knows nobody does not end it.
    return response.status === UNAUTHORIZED ? null : response;
  } catch (error) {
    if (isNoAnswer(error)) return null;
    throw error;
  }
}

function isNoAnswer(error: unknown): boolean {
  return error instanceof Problem && error.status === 0;
}

async function problemOf(response: Response): Promise<Problem> {
  const told = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
  const retryAfter = response.headers.get("Retry-After");
  return new Problem(
    response.status,
    told.code ?? "unknown",
    told.detail ?? response.statusText,
    retryAfter === null ? null : Number(retryAfter),
  );
}
