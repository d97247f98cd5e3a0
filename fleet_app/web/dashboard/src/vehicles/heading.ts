/** Directions as people say them. */

import { strings } from "../strings";

/** Return the word for a heading in degrees clockwise from north; null where it is not known. */
export function compassWord(headingDeg: number | null): string | null {
  if (headingDeg === null) return null;
  const eighth = Math.round(headingDeg / 45) % 8;
  return strings.table.compass[(eighth + 8) % 8] ?? null;
}
