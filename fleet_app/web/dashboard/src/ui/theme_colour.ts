/** Colours of the theme as canvases take them, which know no variables: maps and charts are drawn on some. */

/** Return what a variable of `tokens.css` is in the shown theme, as `#rrggbb`. */
export function themeColour(variable: `--${string}`): `#${string}` {
  // A variable keeps `light-dark(…)` as its text; only a property that holds a colour is resolved.
  const probe = document.createElement("span");
  probe.style.color = `var(${variable})`;
  document.body.append(probe);
  const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? []).map(Number);
  probe.remove();
  return `#${[red, green, blue].map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}
