/** Text as searches compare it: without case, accents, spaces and the signs that people leave out of plates. */

import type { Names } from "../feed/frame";

/** Letters that no accent can be taken from. */
const SPELT: Readonly<Record<string, string>> = { ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ı: "i", þ: "th" };

/** Return a text as it is compared: `B-ÖL 12` becomes `bol12`. Empty where only passed-over signs were in it. */
export function folded(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\p{M}\s._-]/gu, "")
    .replace(/[ßæœøłđıþ]/g, (letter) => SPELT[letter] ?? letter);
}

const texts = new WeakMap<Names, string>();

/** Return what is searched of a vehicle: its id, name, plate and driver, folded, a line each. */
export function searchText(names: Names): string {
  let text = texts.get(names);
  if (text === undefined) {
    // Names are objects that stay while they are the same, so each is folded once and not with every keystroke.
    text = [names.vehicleId, names.name, names.plate, names.driver].map((each) => folded(each ?? "")).join("\n");
    texts.set(names, text);
  }
  return text;
}
