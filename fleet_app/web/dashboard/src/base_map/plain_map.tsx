/** A map with the base map alone, and a place for others to draw on. */

import type { Map as MapLibreMap } from "maplibre-gl";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { strings } from "../strings";
import { Notice } from "../ui/notice";
import { createMap, onStyle, type View } from "./map_setup";

interface Props {
  /** What the map shows, for those who do not see it. */
  readonly label: string;
  /** Where it looks first; the world if nobody says so. Later changes move nothing. */
  readonly view?: View;
  /** Called once, when layers can be added; what it returns is called before the map goes. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most callers have nothing to end
  readonly onReady: (map: MapLibreMap) => void | (() => void);
}

export function PlainMap({ label, view, onReady }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [isDrawable, setDrawable] = useState(true);
  const [missing, setMissing] = useState<string | null>(null);
  useLayoutEffect(() => {
    if (place.current === null) return undefined;
    const map = createdMap(place.current, label, view);
    if (map === null) {
      setDrawable(false);
      return undefined;
    }
    const end = onceReady(map, onReady);
    map.on("error", ({ error }) => {
      console.warn("Not all of the map can be shown.", error);
      setMissing(error.message);
    });
    return () => {
      end();
      map.remove();
    };
  }, []);
  if (isDrawable) {
    return (
      <div class="map">
        <div ref={place} class="map__place" />
        {missing !== null && (
          <div class="map__missing">
            <p role="status">{strings.map.incomplete(missing)}</p>
            <button type="button" class="button" onClick={() => setMissing(null)}>
              {strings.map.dismiss}
            </button>
          </div>
        )}
      </div>
    );
  }
  return (
    <Notice title={strings.map.cannotDraw} kind="problem">
      <p>{strings.map.cannotDrawHelp}</p>
    </Notice>
  );
}

function createdMap(place: HTMLElement, label: string, view: View | undefined): MapLibreMap | null {
  try {
    return createMap(place, label, view);
  } catch (error) {
    console.warn("The map cannot be drawn.", error);
    return null;
  }
}

function onceReady(map: MapLibreMap, onReady: Props["onReady"]): () => void {
  // biome-ignore lint/suspicious/noConfusingVoidType: as above
  let end: void | (() => void);
  const forget = onStyle(map, () => {
    forget();
    end = onReady(map);
  });
  return () => {
    forget();
    end?.();
  };
}
