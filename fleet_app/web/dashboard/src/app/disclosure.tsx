/** A button in the header that shows a panel below it. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import "./disclosure.css";

interface Props {
  /** What the button shows. */
  readonly label: ComponentChildren;
  readonly buttonClass?: string;
  readonly children: ComponentChildren;
}

/** It closes with Escape, which gives the button the focus back, and when one goes on elsewhere. */
export function Disclosure({ label, buttonClass = "", children }: Props) {
  const [isOpen, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panelId = useId();
  useEffect(() => {
    if (!isOpen) return;
    const leaving = new AbortController();
    const on = { signal: leaving.signal };
    const closeOutside = (event: Event): void => {
      if (event.target instanceof Node && !place.current?.contains(event.target)) setOpen(false);
    };
    const closeByKey = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener("keydown", closeByKey, on);
    document.addEventListener("pointerdown", closeOutside, on);
    document.addEventListener("focusin", closeOutside, on);
    return () => leaving.abort();
  }, [isOpen]);
  return (
    <div class="disclosure" ref={place}>
      <button
        type="button"
        class={`disclosure__button ${buttonClass}`}
        ref={button}
        aria-expanded={isOpen}
        aria-controls={isOpen ? panelId : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
      </button>
      {isOpen && (
        <div class="disclosure__panel" id={panelId}>
          {children}
        </div>
      )}
    </div>
  );
}
