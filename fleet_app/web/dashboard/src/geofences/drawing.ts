/**
 * Drawing and adjusting a place on the map by hand. It is loaded when somebody begins to draw.
 *
 * A place that is not whole is drawn: with clicks; Enter closes a polygon, Backspace takes its last corner back, Escape
 * begins again. A whole one is adjusted: corners, the middles of edges, a circle's rim, and the whole of it are dragged.
 */

import { effect, type ReadonlySignal } from "@preact/signals";
import type { Map as MapLibreMap } from "maplibre-gl";
import {
  TerraDraw,
  TerraDrawCircleMode,
  TerraDrawExtend,
  TerraDrawModeUndoRedo,
  TerraDrawPolygonMode,
  TerraDrawSelectMode,
} from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import type { Position } from "../api/geofences";
import { onStyle } from "../base_map/map_setup";
import { themeColour } from "../ui/theme_colour";
import { isDrawable, isSamePlace, type Place } from "./draft";
import { type Deed, HANDLES, outlineOf, placeOf } from "./drawn";

export interface Hand {
  /** The place as the form has it. */
  readonly place: ReadonlySignal<Place>;
  /** Take over the place as it was drawn. */
  readonly take: (place: Place) => void;
  /** Escape, while nothing is being drawn. */
  readonly giveUp: () => void;
}

const LAYERS = "geofence-drawing";

/** Let a place be drawn on a map until the function that is returned is called. */
export function drawOn(map: MapLibreMap, hand: Hand): () => void {
  let drawing: Drawing | null = null;
  const end = (): void => {
    drawing?.end();
    drawing = null;
  };
  const forget = onStyle(map, () => {
    drawing = new Drawing(map, hand);
  });
  // A new style, as of another theme, takes away what was drawn; it is drawn anew when that is there.
  map.on("styledataloading", end);
  return () => {
    map.off("styledataloading", end);
    forget();
    end();
  };
}

class Drawing {
  readonly #canvas: HTMLElement;
  readonly #hand: Hand;
  readonly #draw: TerraDraw;
  readonly #ends: (() => void)[] = [];
  /** The place that the map shows; null if that is to be drawn again. */
  #shown: Place | null = null;

  constructor(map: MapLibreMap, hand: Hand) {
    this.#canvas = map.getCanvas();
    this.#hand = hand;
    this.#draw = drawingOf(map, hand.place.peek());
    this.#draw.start();
    this.#draw.on("finish", (id, { action }) => this.#take(id, deedOf(action)));
    this.#canvas.addEventListener("keydown", this.#onKey);
    this.#ends.push(effect(() => this.#show(hand.place.value)));
  }

  end(): void {
    for (const end of this.#ends) end();
    this.#canvas.removeEventListener("keydown", this.#onKey);
    if (this.#draw.enabled) this.#draw.stop();
  }

  #show(place: Place): void {
    if (this.#shown !== null && isSamePlace(this.#shown, place)) return;
    this.#shown = place;
    this.#draw.clear();
    if (!isDrawable(place)) {
      this.#draw.setMode(place.kind);
      return;
    }
    const geometry = { type: "Polygon" as const, coordinates: [outlineOf(place).map(([lon, lat]) => [lon, lat])] };
    this.#draw.setMode("select");
    const id = this.#draw.getFeatureId();
    const [added] = this.#draw.addFeatures([{ type: "Feature", id, geometry, properties: { mode: place.kind } }]);
    // One that cannot be drawn, as across the antimeridian, can still be typed.
    if (added?.valid) this.#draw.selectFeature(id);
  }

  #take(id: string | number, deed: Deed): void {
    const geometry = this.#draw.getSnapshotFeature(id)?.geometry;
    if (geometry?.type !== "Polygon") return;
    const outline = (geometry.coordinates[0] ?? []).map(([lon = 0, lat = 0]): Position => [lon, lat]);
    const place = placeOf(outline, this.#hand.place.peek(), deed);
    // A corner may still be held while the polygon is told of it; all else is shown anew, as the form has it now.
    this.#shown = place.kind === "polygon" && deed !== "drawn" ? place : null;
    // Once the hand's own event is dealt with: it still works on what is about to be replaced.
    queueMicrotask(() => this.#hand.take(place));
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const isUnderWay = this.#draw.getModeState() === "drawing";
    if (event.key === "Backspace" && isUnderWay) {
      event.preventDefault();
      this.#draw.undo();
    } else if (event.key === "Escape" && !isUnderWay) this.#hand.giveUp();
  };
}

/** Ends without a complaint, too, when the style that its layers were in is gone. */
class Adapter extends TerraDrawMapLibreGLAdapter<MapLibreMap> {
  readonly #map: MapLibreMap;

  constructor(map: MapLibreMap) {
    super({ map, prefixId: LAYERS });
    this.#map = map;
  }

  override clear(): void {
    if (this.#hasLayers()) super.clear();
  }

  override unregister(): void {
    if (this.#hasLayers()) super.unregister();
    else TerraDrawExtend.TerraDrawBaseAdapter.prototype.unregister.call(this);
  }

  #hasLayers(): boolean {
    return this.#map.getSource(`${LAYERS}-point`) !== undefined;
  }
}

function deedOf(action: string): Deed {
  if (action === "draw") return "drawn";
  return action === "dragFeature" ? "moved" : "reshaped";
}

function drawingOf(map: MapLibreMap, place: Place): TerraDraw {
  const colour = themeColour("--accent");
  const ground = themeColour("--surface");
  const outline = { fillColor: colour, fillOpacity: 0.15, outlineColor: colour, outlineWidth: 3 } as const;
  const hasHoles = place.kind === "polygon" && place.holes.length > 0;
  return new TerraDraw({
    adapter: new Adapter(map),
    undoRedo: { modeLevel: new TerraDrawModeUndoRedo() },
    modes: [
      new TerraDrawPolygonMode({
        keyEvents: { cancel: "Escape", finish: "Enter" },
        styles: { ...outline, closingPointColor: colour, closingPointOutlineColor: ground },
        showCoordinatePoints: true,
      }),
      new TerraDrawCircleMode({
        keyEvents: { cancel: "Escape", finish: "Enter" },
        drawInteraction: "click-move-or-drag",
        segments: HANDLES,
        styles: outline,
      }),
      new TerraDrawSelectMode({
        // The form deletes corners, and Escape gives up: no key does something here that nobody told of.
        keyEvents: null,
        allowManualDeselection: false,
        flags: {
          polygon: {
            feature: {
              // Holes stay where they are.
              draggable: !hasHoles,
              selfIntersectable: true,
              coordinates: { draggable: true, midpoints: true, deletable: true },
            },
          },
          circle: { feature: { draggable: true, coordinates: { resizable: "center-fixed" } } },
        },
        styles: {
          selectedPolygonColor: colour,
          selectedPolygonFillOpacity: 0.15,
          selectedPolygonOutlineColor: colour,
          selectedPolygonOutlineWidth: 3,
          selectionPointColor: ground,
          selectionPointOutlineColor: colour,
          selectionPointOutlineWidth: 2,
          selectionPointWidth: place.kind === "circle" ? 4 : 6,
          midPointColor: colour,
          midPointOutlineColor: ground,
          midPointOutlineWidth: 1,
          midPointWidth: 4,
        },
      }),
    ],
  });
}
