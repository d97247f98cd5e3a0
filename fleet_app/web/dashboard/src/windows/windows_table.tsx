/** The charts' numbers as a table. */

import { useState } from "preact/hooks";
import type { Window } from "../api/vehicles";
import { strings } from "../strings";
import { dateAndTime, distance, duration, number, speed } from "../units/formats";

const words = strings.vehicle;
const { columns } = words;

export function WindowsTable({ items }: { readonly items: readonly Window[] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.asTable}</summary>
      {isOpen && <Rows items={items} />}
    </details>
  );
}

function Rows({ items }: { readonly items: readonly Window[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="vehicle__scroll" tabIndex={0} aria-label={words.tableLabel}>
      <table class="vehicle__table">
        <thead>
          <tr>
            {Object.entries(columns).map(([key, name]) => (
              <th key={key} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.toReversed().map((window) => (
            <Row key={window.start_ms} window={window} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ window }: { readonly window: Window }) {
  return (
    <tr class="numbers">
      <th scope="row">{dateAndTime(window.start_ms)}</th>
      <td>{distance(window.distance_m)}</td>
      <td>{speed(window.mean_speed_mps)}</td>
      <td>{speed(window.max_speed_mps)}</td>
      <td>{duration(window.moving_s)}</td>
      <td>{duration(window.idle_s)}</td>
      <td>{duration(window.idle_probable_s)}</td>
      <td>{duration(window.stop_s)}</td>
      <td>{number(window.fixes)}</td>
    </tr>
  );
}
