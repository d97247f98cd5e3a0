/** Who looks at the page, and what they may do. */

import { computed, signal } from "@preact/signals";
import { get, Problem, useCsrfToken } from "./ask";

export type Role = "device" | "viewer" | "dispatcher" | "admin";

export interface Session {
  /** The key's id, or `operator`; `local` where nobody is asked for a key. */
  readonly name: string;
  readonly role: Role;
  /** Whose vehicles are seen; null for all tenants'. */
  readonly tenant: string | null;
  /** When it ends, ms since 1970; null where nobody had to log in. */
  readonly expires_ms: number | null;
  readonly csrf_token: string | null;
}

const UNAUTHORIZED = 401;

/** Null before it is known. */
export const session = signal<Session | null>(null);

/** Whether geofences and profiles may be changed. The worker decides; this is for what is offered. */
export const mayChange = computed(() => session.value?.role === "dispatcher" || session.value?.role === "admin");

/** Ask who looks. Whoever is nobody (any more) is sent to log in. @throws {Problem} It cannot be known now. */
export async function refreshSession(logIn: () => void): Promise<void> {
  try {
    session.value = await get<Session>("/api/session");
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== UNAUTHORIZED) throw error;
    logIn();
    return;
  }
  useCsrfToken(session.value.csrf_token);
}

/** Return the address of the form that comes back to a page. */
export function logInAddress(path: string, search: string): string {
  return `/login?next=${encodeURIComponent(path + search)}`;
}
