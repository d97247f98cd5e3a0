/** Moving about in a grid by keyboard, as the ARIA practices for data grids have it. Pure. */

/** A cell; row -1 is the row of headings. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

export interface Size {
  readonly rows: number;
  readonly columns: number;
  /** Rows that are seen at once: as far as a page goes. */
  readonly pageRows: number;
}

/** Return where a key leads from a place; null for keys that do not move. */
export function placeAfter(key: string, isControl: boolean, { row, column }: Place, size: Size): Place | null {
  const last: Place = { row: size.rows - 1, column: size.columns - 1 };
  const to = (row: number, column: number): Place => ({
    row: Math.max(-1, Math.min(last.row, row)),
    column: Math.max(0, Math.min(last.column, column)),
  });
  switch (key) {
    case "ArrowUp":
      return to(row - 1, column);
    case "ArrowDown":
      return to(row + 1, column);
    case "ArrowLeft":
      return to(row, column - 1);
    case "ArrowRight":
      return to(row, column + 1);
    case "PageUp":
      return to(Math.max(row === -1 ? -1 : 0, row - size.pageRows), column);
    case "PageDown":
      return to(row + size.pageRows, column);
    case "Home":
      return isControl ? to(0, 0) : to(row, 0);
    case "End":
      return isControl ? last : to(row, last.column);
    default:
      return null;
  }
}
