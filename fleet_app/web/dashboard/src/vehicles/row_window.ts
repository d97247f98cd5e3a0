/** Which rows of a long list are drawn: those in view and a few more, all of one height. Pure. */

export const ROW_HEIGHT_PX = 40;
/** Rows drawn beyond each edge, so that a quick scroll does not outrun the drawing. */
const SPARE_ROWS = 6;

export interface Scrolled {
  readonly topPx: number;
  /** Height of what is seen, without the headings. */
  readonly heightPx: number;
}

/** Return the first row to be drawn, and the one after the last. */
export function rowsDrawn({ topPx, heightPx }: Scrolled, rows: number): readonly [from: number, to: number] {
  const from = Math.max(0, Math.min(rows, Math.floor(topPx / ROW_HEIGHT_PX) - SPARE_ROWS));
  const to = Math.min(rows, Math.ceil((topPx + heightPx) / ROW_HEIGHT_PX) + SPARE_ROWS);
  return [from, Math.max(from, to)];
}

/** Return where to scroll to so that a row is seen whole, moving as little as can be. */
export function scrolledTo(row: number, { topPx, heightPx }: Scrolled): number {
  const top = row * ROW_HEIGHT_PX;
  if (top < topPx) return top;
  return Math.max(topPx, top + ROW_HEIGHT_PX - heightPx);
}

/** Return how many whole rows are seen at once, at least one. */
export function rowsSeen({ heightPx }: Scrolled): number {
  return Math.max(1, Math.floor(heightPx / ROW_HEIGHT_PX));
}

/** A row that is drawn, or a gap in the place of those that are not. */
export type Stretch =
  | { readonly row: number; readonly gap: null }
  | { readonly row: null; readonly gap: { readonly from: number; readonly to: number } };

/**
 * Return what is drawn of so many rows, from top to bottom, as high as all of them. The row that is to be kept is drawn
 * also out of sight: the keyboard is on it, and the focus would fall off the page with it.
 */
export function stretches([from, to]: readonly [number, number], keptRow: number, rows: number): Stretch[] {
  const drawn = Array.from({ length: to - from }, (_, each) => from + each);
  if (keptRow >= 0 && keptRow < from) drawn.unshift(keptRow);
  if (keptRow >= to && keptRow < rows) drawn.push(keptRow);
  const found: Stretch[] = [];
  let next = 0;
  for (const row of drawn) {
    if (row > next) found.push({ row: null, gap: { from: next, to: row } });
    found.push({ row, gap: null });
    next = row + 1;
  }
  if (next < rows) found.push({ row: null, gap: { from: next, to: rows } });
  return found;
}
