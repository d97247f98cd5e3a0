/** The facts of the system page, as tables. */

import type { ComponentChildren } from "preact";
import type { Cluster, GlobalView, Task, Worker } from "../api/cluster";
import { connection } from "../app/state";
import { strings } from "../strings";
import { duration, number, UNKNOWN } from "../units/formats";
import { curve, type Lag, peakOf } from "./lags";
import { restoredPercent } from "./partition_grid";
import { Scroll } from "./scroll";
import { ranges, shortNames, TIMELINE_MS } from "./timeline";
import type { Look } from "./watching";

const words = strings.system;
const CURVE_WIDTH = 240;
const CURVE_HEIGHT = 24;

export function WorkersTable({ cluster }: { readonly cluster: Cluster }) {
  return (
    <Section name="workers" title={words.workers}>
      <Table
        label={words.workers}
        columns={[words.worker, words.phase, words.owns, words.standbyFor, words.lag, words.problem]}
      >
        {cluster.workers.map((worker) => (
          <tr key={worker.url}>
            <th scope="row">
              <span class="numbers">{worker.url}</span>
              <Tells worker={worker} asked={cluster.asked} />
            </th>
            <td class={worker.phase === null ? "system__alarm" : undefined}>
              {worker.phase === null ? words.noAnswer : words.phases[worker.phase]}
            </td>
            <td class="numbers">{ranges(worker.owns) || words.none}</td>
            <td class="numbers">{ranges(worker.standby_for) || words.none}</td>
            <td class="numbers">{numberOr(worker.lag)}</td>
            <td>{worker.problem ?? words.none}</td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

function Tells({ worker, asked }: { readonly worker: Worker; readonly asked: string }) {
  const told = [
    ...(worker.url === connection.value.worker ? [words.thisPage] : []),
    ...(worker.url === asked ? [words.answers] : []),
  ];
  return told.length === 0 ? null : <span class="quiet system__tells">{told.join(", ")}</span>;
}

export function SourcesTable({ look }: { readonly look: Look }) {
  return (
    <Section name="sources" title={words.sources} help={words.sourcesHelp}>
      <Table label={words.sources} columns={[words.source, words.now, words.peak, words.curve]}>
        {[...look.lags].map(([topic, lags]) => (
          <tr key={topic}>
            <th scope="row">{topic}</th>
            <td class="numbers">{numberOr(lags.at(-1)?.records ?? null)}</td>
            <td class="numbers">{numberOr(peakOf(lags))}</td>
            <td>
              <Curve lags={lags} untilMs={look.timeMs} />
            </td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

/** The columns beside it say the same in numbers. */
function Curve({ lags, untilMs }: { readonly lags: readonly Lag[]; readonly untilMs: number }) {
  return (
    <svg class="system__curve" viewBox={`0 -2 ${CURVE_WIDTH} ${CURVE_HEIGHT + 4}`} aria-hidden="true">
      <path d={curve(lags, [untilMs - TIMELINE_MS, untilMs], CURVE_WIDTH, CURVE_HEIGHT)} />
    </svg>
  );
}

export function ViewsTable({ cluster }: { readonly cluster: Cluster }) {
  const names = shortNames(cluster.workers.map((worker) => worker.url));
  const rows = cluster.workers.flatMap((worker) => worker.views.map((view) => ({ url: worker.url, view })));
  return (
    <Section name="views" title={words.views} help={words.viewsHelp}>
      <Table
        label={words.views}
        columns={[words.view, words.worker, words.keys, words.lag, words.toldAge, words.refused]}
      >
        {rows
          .toSorted((a, b) => a.view.topic.localeCompare(b.view.topic))
          .map(({ url, view }) => (
            <ViewRow key={`${view.topic} ${url}`} view={view} worker={names.get(url) ?? url} />
          ))}
      </Table>
    </Section>
  );
}

function ViewRow({ view, worker }: { readonly view: GlobalView; readonly worker: string }) {
  return (
    <tr>
      <th scope="row">{view.topic}</th>
      <td class="numbers">{worker}</td>
      <td class="numbers">{number(view.keys)}</td>
      <td class="numbers">{numberOr(view.lag)}</td>
      <td class="numbers">{ageOr(view.told_age_s)}</td>
      <td class="numbers">{number(view.refused)}</td>
    </tr>
  );
}

export function TasksTable({ cluster }: { readonly cluster: Cluster }) {
  const names = shortNames(cluster.workers.map((worker) => worker.url));
  const rows = cluster.workers
    .flatMap((worker) => worker.tasks.map((task) => ({ url: worker.url, task })))
    .toSorted((a, b) => a.task.partition - b.task.partition || a.task.duty.localeCompare(b.task.duty));
  return (
    <Section name="tasks" title={words.tasks} help={words.tasksHelp}>
      <details>
        <summary>{words.showTasks(rows.length)}</summary>
        <Table
          label={words.tasks}
          columns={[words.partition, words.worker, words.doing, words.lag, words.committed, words.restore]}
        >
          {rows.map(({ url, task }) => (
            <TaskRow key={`${task.partition} ${url}`} task={task} worker={names.get(url) ?? url} />
          ))}
        </Table>
      </details>
    </Section>
  );
}

function TaskRow({ task, worker }: { readonly task: Task; readonly worker: string }) {
  return (
    <tr>
      <th scope="row" class="numbers">
        {task.partition}
      </th>
      <td class="numbers">{worker}</td>
      <td>{words.roles[doingOf(task)]}</td>
      <td class="numbers">{numberOr(task.lag)}</td>
      <td class="numbers">{ageOr(task.committed_age_s)}</td>
      <td>
        <progress
          aria-label={words.restore}
          value={task.restore.total === 0 ? 1 : task.restore.done}
          max={task.restore.total || 1}
        />{" "}
        <span class="numbers">{words.percent(task.restore.total === 0 ? "100" : restoredPercent(task))}</span>
      </td>
    </tr>
  );
}

function doingOf(task: Task) {
  if (task.state === "stopped") return "stopped";
  if (task.duty === "owner") return task.state === "running" ? "owner" : "restoring";
  return task.state === "running" ? "standby" : "catching_up";
}

interface SectionProps {
  readonly name: string;
  readonly title: string;
  readonly help?: string;
  readonly children: ComponentChildren;
}

export function Section({ name, title, help, children }: SectionProps) {
  return (
    <section class="card system__section" aria-labelledby={`system-${name}`}>
      <h2 id={`system-${name}`}>{title}</h2>
      {help !== undefined && <p class="quiet">{help}</p>}
      {children}
    </section>
  );
}

interface TableProps {
  readonly label: string;
  readonly columns: readonly string[];
  readonly children: ComponentChildren;
}

/** A table that scrolls by itself where the page is narrow. */
export function Table({ label, columns, children }: TableProps) {
  return (
    <Scroll label={label}>
      <table class="system__table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </Scroll>
  );
}

function numberOr(value: number | null): string {
  return value === null ? UNKNOWN : number(value);
}

function ageOr(seconds: number | null): string {
  return seconds === null ? UNKNOWN : words.ago(duration(seconds));
}
