/** Sent and accepted positions on a map. */

import type { Map as MapLibreMap } from "maplibre-gl";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Place, Quality } from "../api/vehicles";
import { onStyle } from "../base_map/map_setup";
import { PlainMap } from "../base_map/plain_map";
import { strings } from "../strings";
import { number } from "../units/formats";
import { addLayers, type Drawn, fill, indexUnder } from "./why_layers";
import { allInOrder, boundsOf, placesToLookAt, SHOWN, type Shown } from "./why_map";

const words = strings.why;
const CLOSE_ZOOM = 15;

interface Props {
  readonly quality: Quality;
  readonly longestStepMs: number;
  readonly chosen: number | null;
  readonly choose: (index: number) => void;
}

export function WhyPositions({ quality, longestStepMs, chosen, choose }: Props) {
  const [shown, setShown] = useState<Shown>("both");
  const place = useRef<HTMLElement>(null);
  const map = useWhyMap({ quality, longestStepMs, shown, chosen }, choose);
  useEffect(() => {
    const refused = chosen === null ? undefined : quality.refused.items[chosen];
    if (refused === undefined) return;
    map.current?.easeTo({ center: [refused.lon, refused.lat], zoom: Math.max(map.current.getZoom(), CLOSE_ZOOM) });
    place.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const look = (places: readonly Place[]) => map.current !== null && lookAt(map.current, places);
  const { items, count } = quality.accepted;
  return (
    <section ref={place} class="card why__card" aria-labelledby="why-map">
      <div class="why__head">
        <h3 id="why-map">{words.map}</h3>
        <Showing shown={shown} show={setShown} />
        <button type="button" class="button" onClick={() => look(placesToLookAt(quality))}>
          {words.fitAccepted}
        </button>
        <button type="button" class="button" onClick={() => look(allInOrder(quality))}>
          {words.fitAll}
        </button>
      </div>
      <p class="quiet">
        {words.shownHelp[shown]} {items.length < count && words.thinned(number(items.length), number(count))}
      </p>
      <div class="why__map">
        <PlainMap label={words.mapLabel} onReady={map.ready} />
      </div>
    </section>
  );
}

function Showing({ shown, show }: { readonly shown: Shown; readonly show: (shown: Shown) => void }) {
  return (
    <fieldset class="why__showing">
      <legend class="visually-hidden">{words.show}</legend>
      {SHOWN.map((each) => (
        <label key={each}>
          <input type="radio" name="why-shown" checked={each === shown} onChange={() => show(each)} />
          {words.shown[each]}
        </label>
      ))}
    </fieldset>
  );
}

interface WhyMap {
  /** Null until it can be drawn on. */
  current: MapLibreMap | null;
  readonly ready: (map: MapLibreMap) => () => void;
}

function useWhyMap(drawn: Drawn, choose: (index: number) => void): WhyMap {
  const latest = useRef({ drawn, choose });
  latest.current = { drawn, choose };
  const map = useRef<WhyMap>({
    current: null,
    ready: (ready) => {
      map.current.current = ready;
      lookAt(ready, placesToLookAt(latest.current.drawn.quality));
      ready.on("click", (event) => {
        const index = indexUnder(ready, event.point);
        if (index !== null) latest.current.choose(index);
      });
      const end = onStyle(ready, (styled) => {
        addLayers(styled);
        fill(styled, latest.current.drawn);
      });
      return () => {
        map.current.current = null;
        end();
      };
    },
  });
  const { quality, longestStepMs, shown, chosen } = drawn;
  useEffect(() => {
    if (map.current.current !== null) fill(map.current.current, latest.current.drawn);
  }, [quality, longestStepMs, shown, chosen]);
  return map.current;
}

function lookAt(map: MapLibreMap, places: readonly Place[]): void {
  const bounds = boundsOf(places);
  if (bounds === null) return;
  const [[west, south], [east, north]] = bounds;
  map.fitBounds([west, south, east, north], { padding: 40, maxZoom: 16, animate: false });
}
