/** A trip on a map: its way, what happened on it, and the vehicle where it was. The table of events says the same. */

import { type GeoJSONSource, LngLatBounds, type Map as MapLibreMap, Marker } from "maplibre-gl";
import { onStyle } from "../base_map/map_setup";
import { themeColour } from "../ui/theme_colour";
import { drivenParts, type Moment, type Replay, type ReplayEvent } from "./replay";

const SOURCE = "fleet-replay";
const CASING = "fleet-replay-casing";
const FIT = { padding: 48, maxZoom: 17, duration: 0 };
/** Longitude and latitude. */
type Place = [number, number];

export class ReplayMap {
  readonly #map: MapLibreMap;
  readonly #vehicle = new Marker({ element: arrow(), rotationAlignment: "map", subpixelPositioning: true });
  readonly #forgetStyle: () => void;
  #marks: Marker[] = [];
  #parts: Place[][] = [];
  #isFitted = false;

  constructor(map: MapLibreMap) {
    this.#map = map;
    this.#forgetStyle = onStyle(map, () => this.#addLine());
  }

  /** Show a trip; `seek` is called with the time of an event that is clicked. */
  show(replay: Replay, seek: (timeMs: number) => void): void {
    this.showWay(drivenParts(replay).map((part) => part.map(({ lon, lat }): Place => [lon, lat])));
    for (const mark of this.#marks) mark.remove();
    this.#marks = replay.events.map((event) => this.#markOf(event, seek));
    // In front of the marks: the vehicle begins and ends on two of them.
    this.#vehicle.remove();
    this.#fit(replay.points.map(({ lon, lat }): Place => [lon, lat]));
  }

  /** Show a way without times. */
  showWay(parts: Place[][]): void {
    this.#parts = parts;
    this.#map.getSource<GeoJSONSource>(SOURCE)?.setData(lines(parts));
    this.#fit(parts.flat());
  }

  /** Put the vehicle where it was. */
  move({ lat, lon, headingDeg, isGap }: Moment): void {
    const element = this.#vehicle.getElement();
    element.classList.toggle("replay-vehicle--gap", isGap);
    element.classList.toggle("replay-vehicle--dot", headingDeg === null);
    this.#vehicle.setLngLat([lon, lat]).setRotation(headingDeg ?? 0);
    if (this.#vehicle.getElement().parentNode === null) this.#vehicle.addTo(this.#map);
    if (!this.#map.getBounds().contains([lon, lat])) this.#map.jumpTo({ center: [lon, lat] });
  }

  end(): void {
    this.#forgetStyle();
    for (const mark of [...this.#marks, this.#vehicle]) mark.remove();
  }

  #addLine(): void {
    const map = this.#map;
    if (map.getSource(SOURCE) !== undefined) return;
    map.addSource(SOURCE, { type: "geojson", data: lines(this.#parts) });
    const layout = { "line-cap": "round", "line-join": "round" } as const;
    const casing = { "line-color": themeColour("--surface"), "line-width": 7, "line-opacity": 0.85 };
    const inner = { "line-color": themeColour("--accent"), "line-width": 3.5 };
    map.addLayer({ id: CASING, type: "line", source: SOURCE, layout, paint: casing });
    map.addLayer({ id: SOURCE, type: "line", source: SOURCE, layout, paint: inner });
  }

  #markOf(event: ReplayEvent, seek: (timeMs: number) => void): Marker {
    const element = decoration(document.createElement("div"));
    element.classList.add("replay-mark", `replay-mark--${event.kind}`);
    element.addEventListener("click", () => seek(event.timeMs));
    return new Marker({ element }).setLngLat([event.lon, event.lat]).addTo(this.#map);
  }

  /** Once: who has moved the map looks where they want. */
  #fit(places: readonly Place[]): void {
    const [first] = places;
    if (this.#isFitted || first === undefined) return;
    this.#isFitted = true;
    const bounds = places.reduce((all, place) => all.extend(place), new LngLatBounds(first, first));
    this.#map.fitBounds(bounds, FIT);
  }
}

function arrow(): HTMLElement {
  const element = decoration(document.createElement("div"));
  element.classList.add("replay-vehicle");
  return element;
}

/** The table beside the map tells what a mark says, and goes where it goes. */
function decoration(element: HTMLElement): HTMLElement {
  element.setAttribute("role", "none");
  element.setAttribute("aria-hidden", "true");
  return element;
}

function lines(coordinates: Place[][]): GeoJSON.Feature {
  return { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates } };
}
