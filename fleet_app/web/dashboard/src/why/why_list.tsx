/** Refused positions as a table, what came in last first; each can be shown on the map. */

import { useState } from "preact/hooks";
import type { RefusedPlace, Some } from "../api/vehicles";
import { strings } from "../strings";
import { clock, dateAndTime, number } from "../units/formats";
import { wordsOf } from "./reasons";
import { newestFirst } from "./why_map";

const words = strings.why;
const FIRST_ROWS = 50;

interface Props {
  readonly refused: Some<RefusedPlace>;
  /** The place in the answer of the one that is shown on the map. */
  readonly chosen: number | null;
  readonly choose: (index: number) => void;
}

export function WhyList({ refused, chosen, choose }: Props) {
  const [isWhole, setWhole] = useState(false);
  const { items, count } = refused;
  const rows = newestFirst(items).slice(0, isWhole ? items.length : FIRST_ROWS);
  return (
    <section class="card why__card" aria-labelledby="why-list">
      <h3 id="why-list">{words.list}</h3>
      {items.length < count && <p class="quiet">{words.listSome(number(items.length), number(count))}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section class="vehicle__scroll" tabIndex={0} aria-label={words.listLabel}>
        <table class="vehicle__table">
          <thead>
            <tr>
              {[words.received, words.reason, words.claimed, words.place].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ index, place }) => (
              <Row key={index} place={place} isChosen={index === chosen} choose={() => choose(index)} />
            ))}
          </tbody>
        </table>
      </section>
      {rows.length < items.length && (
        <button type="button" class="button" onClick={() => setWhole(true)}>
          {words.more(number(items.length))}
        </button>
      )}
    </section>
  );
}

interface RowProps {
  readonly place: RefusedPlace;
  readonly isChosen: boolean;
  readonly choose: () => void;
}

function Row({ place, isChosen, choose }: RowProps) {
  const { name } = wordsOf(place.reason);
  const received = clock(place.received_ms);
  return (
    <tr class={isChosen ? "why__chosen" : undefined}>
      <th scope="row">
        <button
          type="button"
          class="button-as-link numbers"
          aria-pressed={isChosen}
          aria-label={words.onMap(name, received)}
          onClick={choose}
        >
          {received}
        </button>
      </th>
      <td>{name}</td>
      <td class="numbers">{dateAndTime(place.time_ms)}</td>
      <td class="numbers">{`${number(place.lat, 5)}, ${number(place.lon, 5)}`}</td>
    </tr>
  );
}
