/** One chart of windows: its axes, its legend with the values under the pointer. */

import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Window } from "../api/vehicles";
import { shownTheme } from "../base_map/shown_theme";
import { strings } from "../strings";
import { themeColour } from "../ui/theme_colour";
import { dateAndTime, hourAndMinute, number, UNKNOWN } from "../units/formats";
import { shownZone } from "../units/preferences";
import { type Column, highest, indexAt } from "./windows";

const words = strings.vehicle;
const HEIGHT_PX = 150;
const AXIS_WIDTH_PX = 52;
const DAY_MS = 86_400_000;
const SYNCED = "vehicle windows";

export interface Line {
  readonly name: string;
  readonly colour: `--${string}`;
  readonly form: "step" | "thin step" | "bar" | "hollow bar";
}

interface Props {
  readonly title: string;
  readonly unit: string;
  /** The axis of values reaches from 0 to this at least. */
  readonly least: number;
  readonly lines: readonly Line[];
  /** What is drawn of each line, in `unit`. */
  readonly columns: readonly Column[];
  /** What the legend says of each line: its own values, where one is drawn on top of another. */
  readonly told: readonly Column[];
  readonly startsMs: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
  /** The time under the pointer, shared with the charts beside this one. */
  readonly cursorMs: Signal<number | null>;
}

export function WindowsPlot(props: Props) {
  const { title, unit, lines, columns, told, startsMs } = props;
  const place = usePlot(props);
  const most = highest(columns.flat());
  const label = words.chartLabel(title, unit, most === null ? UNKNOWN : amount(most, unit));
  return (
    <div class="plot">
      <div class="plot__head">
        <h3 class="plot__title">{title}</h3>
        <span class="quiet">{unit}</span>
        {lines.map((line, index) => (
          <span key={line.name} class="plot__line">
            <Swatch line={line} /> {line.name}{" "}
            <Value {...{ startsMs, unit }} column={told[index] ?? []} cursorMs={props.cursorMs} />
          </span>
        ))}
      </div>
      <div ref={place} class="plot__drawing" role="img" aria-label={label} />
    </div>
  );
}

/** The window under the pointer, or else the newest. */
export function PlotTime({
  startsMs,
  items,
  cursorMs,
}: Pick<Props, "startsMs" | "cursorMs"> & { readonly items: readonly Window[] }) {
  const startMs = startsMs[shownIndex(startsMs, cursorMs.value) ?? -1];
  const window = items.find(({ start_ms }) => start_ms === startMs);
  return (
    <p class="plot__time numbers">
      {window === undefined ? UNKNOWN : words.fromTo(dateAndTime(window.start_ms), endOf(window))}
    </p>
  );
}

interface ValueProps extends Pick<Props, "startsMs" | "unit" | "cursorMs"> {
  readonly column: Column;
}

function Value({ startsMs, unit, column, cursorMs }: ValueProps) {
  const value = column[shownIndex(startsMs, cursorMs.value) ?? -1] ?? null;
  return <span class="numbers plot__value">{value === null ? UNKNOWN : amount(value, unit)}</span>;
}

function Swatch({ line: { form, colour } }: { readonly line: Line }) {
  return (
    <span
      class={`plot__swatch plot__swatch--${form.replace(" ", "-")}`}
      style={{ color: `var(${colour})` }}
      aria-hidden="true"
    />
  );
}

/** Draw into the returned element: anew when colours, zone or unit change, else only what has changed. */
function usePlot(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [zone, theme] = [shownZone(), shownTheme.value];
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const drawn = new uPlot(optionsOf(element.clientWidth, zone, latest), dataOf(latest.current), element);
    plot.current = drawn;
    const resized = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [zone, theme, props.unit]);
  useEffect(() => plot.current?.setData(dataOf(latest.current)), [props.startsMs, props.columns]);
  return place;
}

function dataOf({ startsMs, columns }: Props): uPlot.AlignedData {
  return [[...startsMs], ...columns.map((column) => [...column])];
}

function optionsOf(width: number, zone: string, latest: { readonly current: Props }): uPlot.Options {
  const { lines } = latest.current;
  const [text, grid] = [themeColour("--text-quiet"), themeColour("--line")];
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const shared = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
  return {
    width,
    height: HEIGHT_PX,
    ms: 1,
    tzDate: (timeMs) => uPlot.tzDate(new Date(timeMs), zone),
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false }, y: false, sync: { key: SYNCED } },
    scales: {
      x: { time: true, range: () => [latest.current.fromMs, endMsOf(latest.current)] },
      y: { range: (_plot, _low, high) => [0, 1.05 * Math.max(high ?? 0, latest.current.least)] },
    },
    axes: [
      { ...shared, values: (_plot, splits, _axis, _space, stepMs) => splits.map((timeMs) => timeText(timeMs, stepMs)) },
      {
        ...shared,
        size: AXIS_WIDTH_PX,
        space: 32,
        values: (_plot, splits) => splits.map((value) => axisNumber(value, splits)),
      },
    ],
    series: [{}, ...lines.map(seriesOf)],
    hooks: { setCursor: [(plot) => follow(plot, latest.current.cursorMs)] },
  };
}

function seriesOf({ colour, form }: Line): uPlot.Series {
  const stroke = themeColour(colour);
  const shared = { stroke, points: { show: false }, spanGaps: false };
  const bars = uPlot.paths.bars?.({ align: 1, size: [0.8, 60] });
  switch (form) {
    case "step":
      return { ...shared, width: 2, paths: steps };
    case "thin step":
      return { ...shared, width: 1, paths: steps };
    case "bar":
      return { ...shared, width: 1, fill: stroke, ...(bars && { paths: bars }) };
    case "hollow bar":
      return { ...shared, width: 1, ...(bars && { paths: bars }) };
  }
}

/**
 * Each value from its start to the next one, the newest too. uPlot's own steps end at the last start, and reach into
 * gaps.
 */
function steps(plot: uPlot, series: number, from: number, to: number): uPlot.Series.Paths {
  const [startsMs, values = []] = [plot.data[0], plot.data[series]];
  const stroke = new Path2D();
  let isDrawing = false;
  for (let index = from; index <= to; index += 1) {
    const [startMs, value, endMs] = [startsMs[index], values[index], startsMs[index + 1]];
    const isKnown = startMs !== undefined && endMs !== undefined && typeof value === "number";
    if (isKnown) {
      const height = plot.valToPos(value, "y", true);
      const left = plot.valToPos(startMs, "x", true);
      if (isDrawing) stroke.lineTo(left, height);
      else stroke.moveTo(left, height);
      stroke.lineTo(plot.valToPos(endMs, "x", true), height);
    }
    isDrawing = isKnown;
  }
  return { stroke };
}

function follow(plot: uPlot, cursorMs: Signal<number | null>): void {
  const left = plot.cursor.left ?? -1;
  cursorMs.value = left < 0 ? null : plot.posToVal(left, "x");
}

/** The newest window may still go on behind the newest fix. */
function endMsOf({ startsMs, toMs }: Props): number {
  return Math.max(toMs, startsMs.at(-1) ?? toMs);
}

function shownIndex(startsMs: readonly number[], cursorMs: number | null): number | null {
  // The last start is the end of the newest window.
  return cursorMs === null ? Math.max(0, startsMs.length - 2) : indexAt(startsMs, cursorMs);
}

function endOf({ start_ms, end_ms }: Window): string {
  return end_ms - start_ms < DAY_MS / 2 ? hourAndMinute(end_ms) : dateAndTime(end_ms);
}

function timeText(timeMs: number, stepMs: number): string {
  const time = hourAndMinute(timeMs);
  return stepMs >= DAY_MS || time === "00:00" ? dayAndMonth(timeMs) : time;
}

function dayAndMonth(timeMs: number): string {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: shownZone() }).format(timeMs);
}

function axisNumber(value: number, splits: readonly number[]): string {
  const step = (splits[1] ?? 1) - (splits[0] ?? 0);
  return number(value, step < 0.1 ? 2 : step < 1 ? 1 : 0);
}

function amount(value: number, unit: string): string {
  return `${number(value, value < 10 && !Number.isInteger(value) ? 1 : 0)} ${unit}`;
}
