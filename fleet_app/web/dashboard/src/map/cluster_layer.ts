/**
 * Clusters, drawn as rings split by state with the count in the middle.
 *
 * They are drawn on a canvas of their own above the map: a few hundred arcs take a millisecond and are redrawn only when
 * the map or the counts change. A symbol layer would need an image for each mix of states, made anew every second, and
 * one HTML element each would put hundreds of elements that say nothing new before a screen reader: the table tells
 * the same, and more.
 */

import type { Map as MapLibreMap } from "maplibre-gl";
import { themeColour } from "../ui/theme_colour";
import { number } from "../units/formats";
import { SHOWN_STATES, type ShownState } from "../vehicles/shown_state";
import type { Cluster } from "./clusters";
import { tokenOf } from "./vehicle_shapes";

interface Colours {
  readonly states: Readonly<Record<ShownState, string>>;
  readonly surface: string;
  readonly text: string;
  readonly font: string;
}

const RING_PX = 6;
const GAP_RADIANS = 0.06;
const TOP = -Math.PI / 2;

/** Return the outer radius of a cluster's ring, CSS pixels: grows with its digits, not with its count. */
export function radiusPx(count: number): number {
  return 17 + 3 * Math.log10(Math.max(count, 1));
}

/** Return a count that fits into a ring: `999`, `1.2k`, `12k`. */
export function shortCount(count: number): string {
  if (count < 1_000) return String(count);
  return count < 9_950 ? `${number(count / 1_000, 1)}k` : `${number(count / 1_000)}k`;
}

/** Return the angles of a ring's parts, in the order of `SHOWN_STATES`; states without vehicles have none. */
export function arcsOf(cluster: Pick<Cluster, "count" | "counts">): readonly Arc[] {
  let from = TOP;
  return SHOWN_STATES.filter((state) => cluster.counts[state] > 0).map((state) => {
    const start = from;
    from += (cluster.counts[state] / cluster.count) * 2 * Math.PI;
    return { state, from: start, to: from };
  });
}

export interface Arc {
  readonly state: ShownState;
  readonly from: number;
  readonly to: number;
}

export class ClusterLayer {
  readonly #map: MapLibreMap;
  readonly #canvas = document.createElement("canvas");
  #clusters: readonly Cluster[] = [];
  #colours: Colours;

  constructor(map: MapLibreMap) {
    this.#map = map;
    this.#canvas.className = "live-map__clusters";
    this.#canvas.setAttribute("aria-hidden", "true");
    map.getCanvasContainer().append(this.#canvas);
    this.#colours = coloursOf(map.getContainer());
    map.on("move", this.#draw);
    map.on("resize", this.#draw);
  }

  set clusters(clusters: readonly Cluster[]) {
    if (clusters.length === 0 && this.#clusters.length === 0) return;
    this.#clusters = clusters;
    this.#draw();
  }

  /** Use the colours of the theme that is on now. */
  recolour(): void {
    this.#colours = coloursOf(this.#map.getContainer());
    this.#draw();
  }

  /** Return the cluster under a point of the map, CSS pixels. */
  at({ x, y }: { readonly x: number; readonly y: number }): Cluster | null {
    return (
      this.#clusters.findLast((cluster) => {
        const middle = this.#map.project([cluster.lon, cluster.lat]);
        return Math.hypot(middle.x - x, middle.y - y) <= radiusPx(cluster.count);
      }) ?? null
    );
  }

  remove(): void {
    this.#map.off("move", this.#draw);
    this.#map.off("resize", this.#draw);
    this.#canvas.remove();
  }

  readonly #draw = (): void => {
    const paper = this.#canvas.getContext("2d");
    if (paper === null) return;
    const { clientWidth: width, clientHeight: height } = this.#map.getContainer();
    const ratio = this.#map.getPixelRatio();
    resize(this.#canvas, width * ratio, height * ratio);
    paper.setTransform(ratio, 0, 0, ratio, 0, 0);
    paper.clearRect(0, 0, width, height);
    for (const cluster of this.#clusters) {
      const { x, y } = this.#map.project([cluster.lon, cluster.lat]);
      const radius = radiusPx(cluster.count);
      if (x > -radius && y > -radius && x < width + radius && y < height + radius) {
        drawCluster(paper, cluster, { x, y }, this.#colours);
      }
    }
  };
}

function drawCluster(
  paper: CanvasRenderingContext2D,
  cluster: Cluster,
  { x, y }: { readonly x: number; readonly y: number },
  colours: Colours,
): void {
  const radius = radiusPx(cluster.count);
  paper.beginPath();
  paper.arc(x, y, radius + 1.5, 0, 2 * Math.PI);
  paper.fillStyle = colours.surface;
  paper.fill();
  paper.lineWidth = RING_PX;
  const arcs = arcsOf(cluster);
  const gap = arcs.length > 1 ? GAP_RADIANS : 0;
  for (const { state, from, to } of arcs) {
    paper.beginPath();
    paper.arc(x, y, radius - RING_PX / 2, from + gap / 2, Math.max(to - gap / 2, from + gap / 2 + 0.02));
    paper.strokeStyle = colours.states[state];
    paper.stroke();
  }
  paper.font = colours.font;
  paper.textAlign = "center";
  paper.textBaseline = "middle";
  paper.fillStyle = colours.text;
  paper.fillText(shortCount(cluster.count), x, y + 0.5);
}

function resize(canvas: HTMLCanvasElement, width: number, height: number): void {
  // Setting a canvas's size clears and reallocates it, even to the same size.
  if (canvas.width !== Math.round(width)) canvas.width = Math.round(width);
  if (canvas.height !== Math.round(height)) canvas.height = Math.round(height);
}

function coloursOf(element: Element): Colours {
  const states = Object.fromEntries(SHOWN_STATES.map((state) => [state, themeColour(tokenOf(state))]));
  return {
    states: states as Record<ShownState, string>,
    surface: themeColour("--surface"),
    text: themeColour("--text"),
    font: `600 12px ${getComputedStyle(element).getPropertyValue("--font")}`,
  };
}
