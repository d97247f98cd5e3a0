/** Which geofences a search shows. */

import type { Geofence } from "../api/geofences";

/** Return those that have a text in their name or in a tag, by name; all without a text. */
export function found(geofences: readonly Geofence[], text: string): readonly Geofence[] {
  const wanted = folded(text.trim());
  const shown = geofences.filter(({ name, tags = [] }) =>
    [name, ...tags].some((each) => folded(each).includes(wanted)),
  );
  return shown.toSorted((one, other) => order.compare(one.name, other.name));
}

const order = new Intl.Collator("en", { numeric: true });

/** `Süd` is found as `sud`, too. */
function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
