/** What stands where there is nothing to show, or something is wrong: what is the matter, and what to do. */

import type { ComponentChildren } from "preact";
import { Problem } from "../api/ask";
import { strings } from "../strings";

interface NoticeProps {
  readonly title: string;
  readonly kind?: "empty" | "problem";
  readonly children?: ComponentChildren;
}

/** A title, a sentence on what to do, and perhaps a button. A problem is read out when it appears. */
export function Notice({ title, kind = "empty", children }: NoticeProps) {
  return (
    <div class={`notice notice--${kind}`} role={kind === "problem" ? "alert" : "status"}>
      <p class="notice__title">{title}</p>
      {children}
    </div>
  );
}

/** What went wrong, as the worker told it, with a button to try again. */
export function ProblemNotice({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  return (
    <Notice title={titleOf(error)} kind="problem">
      <p>{error instanceof Problem && error.status === 0 ? strings.problems.noAnswerHelp : messageOf(error)}</p>
      {retry && (
        <button type="button" class="button" onClick={retry}>
          {strings.problems.retry}
        </button>
      )}
    </Notice>
  );
}

function titleOf(error: unknown): string {
  if (!(error instanceof Problem)) return strings.problems.failed;
  if (error.status === 0) return strings.problems.noAnswer;
  if (error.status === 503) return strings.problems.unavailable;
  return error.status === 403 ? strings.problems.forbidden : strings.problems.failed;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
