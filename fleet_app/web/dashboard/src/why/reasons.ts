/** Why positions are refused: the codes of the worker, and the words that explain them. */

import { strings } from "../strings";

/** All codes, in the order in which the worker looks for them. */
export const REASONS = Object.keys(strings.why.reasons) as readonly Reason[];
export type Reason = keyof typeof strings.why.reasons;

/** What a code means, and what to do about it. */
export interface Words {
  readonly name: string;
  readonly meaning: string;
  readonly todo: string;
}

/** Return what a code means. A code of a newer release stands for itself. */
export function wordsOf(code: string): Words {
  return isReason(code) ? strings.why.reasons[code] : { name: code, ...strings.why.unknownReason };
}

function isReason(code: string): code is Reason {
  return Object.hasOwn(strings.why.reasons, code);
}

/** Counts by reason, the most frequent of the span first. */
export interface ReasonCount {
  readonly code: string;
  readonly inSpan: number;
  readonly inAll: number;
}

/** Return the counts of all reasons that there are any of. */
export function countsOf(
  inSpan: Readonly<Record<string, number>>,
  inAll: Readonly<Record<string, number>>,
): ReasonCount[] {
  const codes = [...new Set([...Object.keys(inSpan), ...Object.keys(inAll)])];
  return codes
    .map((code) => ({ code, inSpan: inSpan[code] ?? 0, inAll: inAll[code] ?? 0 }))
    .sort((a, b) => b.inSpan - a.inSpan || b.inAll - a.inAll || (a.code < b.code ? -1 : 1));
}

/** Return how many were refused, whatever the reason. */
export function refusedIn(refused: Readonly<Record<string, number>>): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}
