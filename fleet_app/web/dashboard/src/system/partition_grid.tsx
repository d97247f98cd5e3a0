/** Which worker has which partition, as a grid: watching one die is watching its row empty into the others. */

import type { Task, Worker } from "../api/cluster";
import { strings } from "../strings";
import { number } from "../units/formats";
import type { Role } from "./changes";
import { Scroll } from "./scroll";
import { shortNames } from "./timeline";
import type { Look } from "./watching";

const words = strings.system;
/** What a cell of the grid shows. */
type Mark = Role | "silent" | "unowned" | "none";
const LEGEND: readonly Mark[] = ["owner", "standby", "restoring", "catching_up", "silent", "unowned"];

export function PartitionGrid({ look }: { readonly look: Look }) {
  const { cluster, picture } = look;
  const partitions = Array.from({ length: cluster.partitions }, (_, partition) => partition);
  const names = shortNames(cluster.workers.map((worker) => worker.url));
  return (
    <section class="card system__section" aria-labelledby="system-partitions">
      <h2 id="system-partitions">{words.partitions}</h2>
      <p class="quiet">{words.partitionsHelp}</p>
      <Scroll label={words.partitions}>
        <table class="partition-grid">
          <thead>
            <tr>
              <th scope="col">{words.worker}</th>
              {partitions.map((partition) => (
                <th key={partition} scope="col" class="partition-grid__column numbers">
                  <span class="visually-hidden">{words.partition} </span>
                  {partition}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {cluster.workers.map((worker) => (
              <tr key={worker.url}>
                <th scope="row" class="numbers" title={worker.url}>
                  {names.get(worker.url)}
                </th>
                {partitions.map((partition) => (
                  <Cell
                    key={partition}
                    mark={markOf(worker, picture.get(worker.url)?.roles.get(partition))}
                    task={worker.tasks.find((task) => task.partition === partition)}
                  />
                ))}
              </tr>
            ))}
            {cluster.unowned.length > 0 && <NobodyRow partitions={partitions} unowned={cluster.unowned} />}
          </tbody>
        </table>
      </Scroll>
      {cluster.unowned.length > 0 && (
        <p class="system__alarm" role="alert">
          {words.nobodyHelp}
        </p>
      )}
      <Legend />
    </section>
  );
}

function NobodyRow(props: { readonly partitions: readonly number[]; readonly unowned: readonly number[] }) {
  return (
    <tr>
      <th scope="row" class="system__alarm">
        {words.nobody}
      </th>
      {props.partitions.map((partition) => (
        <Cell key={partition} mark={props.unowned.includes(partition) ? "unowned" : "none"} task={undefined} />
      ))}
    </tr>
  );
}

function Cell({ mark, task }: { readonly mark: Mark; readonly task: Task | undefined }) {
  const percent = task !== undefined && isReading(mark) ? restoredPercent(task) : null;
  return (
    <td>
      <span class={`mark mark--${mark}`} aria-hidden="true">
        {percent ?? (mark === "unowned" ? "!" : mark === "silent" ? "?" : "")}
      </span>
      <span class="visually-hidden">
        {words.roles[mark]}
        {percent !== null && ` ${words.percent(percent)}`}
      </span>
    </td>
  );
}

function Legend() {
  return (
    <ul class="partition-grid__legend" aria-label={words.legend}>
      {LEGEND.map((mark) => (
        <li key={mark}>
          <span class={`mark mark--${mark}`} aria-hidden="true">
            {mark === "unowned" ? "!" : mark === "silent" ? "?" : isReading(mark) ? "40" : ""}
          </span>
          {words.roles[mark]}
        </li>
      ))}
    </ul>
  );
}

function markOf(worker: Worker, role: Role | undefined): Mark {
  if (role === undefined) return "none";
  return worker.phase === null && role === "owner" ? "silent" : role;
}

function isReading(mark: Mark): boolean {
  return mark === "restoring" || mark === "catching_up";
}

/** Return how much of its tables a task has read back, in whole percent. */
export function restoredPercent({ restore: { done, total } }: Task): string {
  return number(total === 0 ? 0 : Math.floor((100 * done) / total));
}
