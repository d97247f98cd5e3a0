/** A small map with the place of one vehicle, which it keeps in the middle until the viewer moves it. */

import type { GeoJSONSource, Map as MapLibreMap } from "maplibre-gl";
import { useEffect, useRef } from "preact/hooks";
import { onStyle } from "../base_map/map_setup";
import { PlainMap } from "../base_map/plain_map";
import { strings } from "../strings";
import { themeColour } from "../ui/theme_colour";

const SOURCE = "place";
const CLOSE_ZOOM = 15;

interface Place {
  readonly lat: number;
  readonly lon: number;
}

interface Props {
  readonly name: string;
  readonly place: Place;
}

export function PlaceMap({ name, place }: Props) {
  const shown = useRef(place);
  const map = useRef<MapLibreMap | null>(null);
  shown.current = place;
  useEffect(() => {
    if (map.current !== null) move(map.current, shown.current);
  }, [place.lat, place.lon]);
  const follow = (ready: MapLibreMap) => {
    map.current = ready;
    ready.once("dragstart", () => isLookedAt.add(ready));
    const end = onStyle(ready, (styled) => draw(styled, shown.current));
    return () => {
      map.current = null;
      end();
    };
  };
  return (
    <PlainMap
      label={strings.vehicle.mapLabel(name)}
      view={{ lat: place.lat, lon: place.lon, zoom: CLOSE_ZOOM }}
      onReady={follow}
    />
  );
}

/** Maps that the viewer has moved: they stay where they were moved to. */
const isLookedAt = new WeakSet<MapLibreMap>();

function draw(map: MapLibreMap, place: Place): void {
  map.addSource(SOURCE, { type: "geojson", data: pointOf(place) });
  map.addLayer({
    id: SOURCE,
    type: "circle",
    source: SOURCE,
    paint: {
      "circle-radius": 8,
      "circle-color": themeColour("--accent"),
      "circle-stroke-width": 3,
      "circle-stroke-color": themeColour("--surface"),
    },
  });
}

function move(map: MapLibreMap, place: Place): void {
  map.getSource<GeoJSONSource>(SOURCE)?.setData(pointOf(place));
  if (!isLookedAt.has(map)) map.easeTo({ center: [place.lon, place.lat] });
}

function pointOf({ lat, lon }: Place): GeoJSON.Feature {
  return { type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties: {} };
}
