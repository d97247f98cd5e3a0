/** What people type into the form, read; and how what is known stands there. */

/** Return a typed number; null for nothing, NaN for what is no number. A comma is taken for a point. */
export function typedNumber(text: string): number | null {
  const trimmed = text.trim().replace(",", ".");
  if (trimmed === "") return null;
  return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(trimmed) ? Number(trimmed) : Number.NaN;
}

/** Return how a number stands in a field, with at most so many digits behind the point; nothing if it is not known. */
export function numberText(value: number | null, digits: number): string {
  if (value === null || !Number.isFinite(value)) return "";
  // Not as people group digits, nor as 1e-7: what stands there must be read again.
  const text = value.toFixed(digits);
  return digits === 0 ? text : text.replace(/\.?0+$/, "");
}

/** Return typed tags, which stand with commas between them: without white space around, each once. */
export function typedTags(text: string): readonly string[] {
  const tags = text.split(",").map((tag) => tag.trim());
  return [...new Set(tags.filter((tag) => tag !== ""))];
}
