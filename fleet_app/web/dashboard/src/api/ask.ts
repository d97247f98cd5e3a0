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
let csrfToken: string | null = null;

/** Send this token along with changes from now on; sessions need one. */
export function useCsrfToken(token: string | null): void {
  csrfToken = token;
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
  const limit = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const init: RequestInit = { method, headers, signal: signal ? AbortSignal.any([signal, limit]) : limit };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  const response = await fetch(path, init).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new Problem(0, "no_answer", error instanceof Error ? error.message : String(error));
  });
  if (!response.ok) throw await problemOf(response);
  const value = (response.status === 204 ? undefined : await response.json()) as T;
  return { value, etag: response.headers.get("ETag") };
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
