import type { ComponentChildren } from "preact";

/** A place for what may be wider than the page: it scrolls by itself, by keyboard too. */
export function Scroll({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a section with a name is a landmark, and a fieldset is of a form
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div role="group" class="system__scroll" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
