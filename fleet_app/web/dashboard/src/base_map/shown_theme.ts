/** The theme that is shown: the viewer's choice, or the system's. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { theme } from "../units/preferences";

export type ShownTheme = "light" | "dark";

const systemDark = matchMedia("(prefers-color-scheme: dark)");
const isSystemDark = signal(systemDark.matches);
systemDark.addEventListener("change", (event) => {
  isSystemDark.value = event.matches;
});

export const shownTheme: ReadonlySignal<ShownTheme> = computed(() => {
  if (theme.value !== "system") return theme.value;
  return isSystemDark.value ? "dark" : "light";
});
