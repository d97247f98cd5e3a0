/** What a vehicle did by minute, hour or day: as charts, and the same as a table. */

import { useSignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { usePolled } from "../api/polling";
import { WINDOW_SIZES, type WindowSize, type Windows, windowsCsv, windowsOf } from "../api/vehicles";
import { look, query } from "../app/route";
import { strings } from "../strings";
import { Notice, ProblemNotice } from "../ui/notice";
import { units } from "../units/preferences";
import { askedOf, type Choice, choiceOf, scaled, scalesOf, seriesOf, spansOf, withChoice } from "./windows";
import { PlotTime, WindowsPlot } from "./windows_plot";
import { WindowsTable } from "./windows_table";
import "./windows_chart.css";

const words = strings.vehicle;
/** How often windows are read again, ms: the newest one grows with every fix. */
const EVERY_MS: Readonly<Record<WindowSize, number>> = { "1m": 15_000, "1h": 60_000, "1d": 60_000 };
/** Axes reach this far at least, so that the noise of a parked vehicle does not fill them. */
const LEAST_SPEED = 20;

interface Props {
  readonly vehicleId: string;
  /** When its newest fix was taken: windows are shown up to there. */
  readonly newestMs: number;
}

export function WindowsChart({ vehicleId, newestMs }: Props) {
  const choice = choiceOf(query.value);
  return (
    <section class="card windows" aria-labelledby="windows-title">
      <div class="windows__head">
        <h2 id="windows-title">{words.windows}</h2>
        <Choices choice={choice} />
        <a class="button" href={windowsCsv(vehicleId, askedOf(choice, newestMs))} download={`${vehicleId}.csv`}>
          {words.asCsv}
        </a>
      </div>
      <Read key={`${choice.size} ${choice.span}`} vehicleId={vehicleId} newestMs={newestMs} choice={choice} />
    </section>
  );
}

function Choices({ choice }: { readonly choice: Choice }) {
  const choose = (next: Choice) => look(withChoice(query.value, next));
  const chooseSize = (size: WindowSize) => choose({ size, span: spansOf(size)[0] ?? "" });
  return (
    <>
      <Choosing label={words.size} value={choice.size} names={words.sizes} among={WINDOW_SIZES} choose={chooseSize} />
      <Choosing
        label={words.span}
        value={choice.span}
        names={words.spans}
        among={spansOf(choice.size)}
        choose={(span) => choose({ ...choice, span })}
      />
    </>
  );
}

interface ChoosingProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly names: Readonly<Record<string, string>>;
  readonly among: readonly T[];
  readonly choose: (value: T) => void;
}

function Choosing<T extends string>({ label, value, names, among, choose }: ChoosingProps<T>) {
  const chosen = (name: string) => among.find((each) => each === name) ?? value;
  return (
    <label class="windows__choice">
      {label}
      <select class="input" value={value} onChange={(event) => choose(chosen(event.currentTarget.value))}>
        {among.map((each) => (
          <option key={each} value={each}>
            {names[each] ?? each}
          </option>
        ))}
      </select>
    </label>
  );
}

function Read({ vehicleId, newestMs, choice }: Props & { readonly choice: Choice }) {
  const newest = useRef(newestMs);
  newest.current = newestMs;
  const polling = usePolled(vehicleId, EVERY_MS[choice.size], (signal) =>
    windowsOf(vehicleId, askedOf(choice, newest.current), signal),
  );
  const { value, error } = polling.told.value;
  if (value !== null && value.items.length > 0) return <Drawn windows={value} size={choice.size} />;
  if (value !== null) {
    return (
      <Notice title={words.noWindows}>
        <p>{words.noWindowsHelp}</p>
      </Notice>
    );
  }
  return error === null ? (
    <Notice title={words.readingWindows} />
  ) : (
    <ProblemNotice error={error} retry={polling.soon} />
  );
}

function Drawn({ windows, size }: { readonly windows: Windows; readonly size: WindowSize }) {
  const cursorMs = useSignal<number | null>(null);
  const scales = useMemo(() => scalesOf(size, units.value), [size, units.value]);
  const series = useMemo(() => seriesOf(windows), [windows]);
  const columns = useMemo(
    () => ({
      speed: [scaled(series.meanMps, scales.speed), scaled(series.maxMps, scales.speed)],
      distance: [scaled(series.distanceM, scales.distance)],
      idle: [scaled(series.idleOrProbableS, scales.duration), scaled(series.idleS, scales.duration)],
      idleTold: [scaled(series.idleProbableS, scales.duration), scaled(series.idleS, scales.duration)],
    }),
    [series, scales],
  );
  const shared = { startsMs: series.startsMs, fromMs: windows.from_ms, toMs: windows.to_ms, cursorMs };
  return (
    <>
      <PlotTime startsMs={series.startsMs} items={windows.items} cursorMs={cursorMs} />
      <WindowsPlot
        {...shared}
        title={words.chartSpeed}
        unit={scales.speed.unit}
        least={LEAST_SPEED}
        lines={SPEED_LINES}
        columns={columns.speed}
        told={columns.speed}
      />
      <WindowsPlot
        {...shared}
        title={words.chartDistance}
        unit={scales.distance.unit}
        least={1}
        lines={DISTANCE_LINES}
        columns={columns.distance}
        told={columns.distance}
      />
      <WindowsPlot
        {...shared}
        title={words.chartIdle}
        unit={scales.duration.unit}
        least={1}
        lines={IDLE_LINES}
        columns={columns.idle}
        told={columns.idleTold}
      />
      <p class="quiet">{words.gaps}</p>
      <WindowsTable items={windows.items} />
    </>
  );
}

const SPEED_LINES = [
  { name: words.mean, colour: "--state-moving", form: "step" },
  { name: words.highest, colour: "--text-quiet", form: "thin step" },
] as const;
const DISTANCE_LINES = [{ name: words.driven, colour: "--state-moving", form: "bar" }] as const;
/** The first stands behind the second, and is as high as both. */
const IDLE_LINES = [
  { name: words.idlingProbable, colour: "--state-idle", form: "hollow bar" },
  { name: words.idling, colour: "--state-idle", form: "bar" },
] as const;
