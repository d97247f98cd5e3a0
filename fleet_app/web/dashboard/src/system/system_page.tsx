/** How the workers are: who owns what, what waits, what happened lately, and how this page is told. */

import { useEffect } from "preact/hooks";
import { nowMs } from "../app/state";
import { strings } from "../strings";
import { Notice, ProblemNotice } from "../ui/notice";
import { clock, number, UNKNOWN } from "../units/formats";
import { ConnectionCard } from "./connection_card";
import { PartitionGrid } from "./partition_grid";
import { Refusals } from "./refusals";
import { SourcesTable, TasksTable, ViewsTable, WorkersTable } from "./tables";
import { Timeline } from "./timeline_list";
import { isForbidden, isOwnSilent, type Look, look, lookProblem, watchCluster } from "./watching";
import "./system_page.css";

const words = strings.system;
// A look takes up to the two seconds that a worker may take to answer another.
const OLD_AFTER_MS = 5_000;

export function SystemPage() {
  useEffect(watchCluster, []);
  return (
    <div class="page system">
      <h1>{words.title}</h1>
      <Content />
    </div>
  );
}

function Content() {
  if (isForbidden(lookProblem.value)) {
    return (
      <Notice title={words.forbidden}>
        <p>{words.forbiddenHelp}</p>
      </Notice>
    );
  }
  if (look.value !== null) return <Looked look={look.value} />;
  if (lookProblem.value !== null) return <ProblemNotice error={lookProblem.value} />;
  return <p class="quiet">{words.waiting}</p>;
}

function Looked({ look }: { readonly look: Look }) {
  return (
    <>
      <Stale timeMs={look.timeMs} />
      <ToldByAnother asked={look.cluster.asked} />
      <Summary look={look} />
      <div class="system__moving">
        <PartitionGrid look={look} />
        <Timeline entries={look.timeline} />
      </div>
      <WorkersTable cluster={look.cluster} />
      <SourcesTable look={look} />
      <div class="system__pair">
        <Refusals />
        <ConnectionCard />
      </div>
      <ViewsTable cluster={look.cluster} />
      <TasksTable cluster={look.cluster} />
    </>
  );
}

/** What is shown says from when it is once it is older than it should be. */
function Stale({ timeMs }: { readonly timeMs: number }) {
  if (lookProblem.value === null || nowMs.value - timeMs < OLD_AFTER_MS) return null;
  return (
    <>
      <ProblemNotice error={lookProblem.value} />
      <p class="system__alarm numbers">{words.shownFrom(clock(timeMs))}</p>
    </>
  );
}

/** The worker that serves this page may be the one that died: the others tell of it. */
function ToldByAnother({ asked }: { readonly asked: string }) {
  if (!isOwnSilent.value || lookProblem.value !== null) return null;
  return (
    <Notice title={words.ownSilent}>
      <p>{words.ownSilentHelp(asked)}</p>
    </Notice>
  );
}

function Summary({ look: { cluster } }: { readonly look: Look }) {
  const running = cluster.workers.filter((worker) => worker.phase === "running").length;
  const lags = cluster.workers.map((worker) => worker.lag);
  const isKnown = lags.length > 0 && cluster.unowned.length === 0 && lags.every((lag) => lag !== null);
  const waiting = lags.reduce<number>((sum, lag) => sum + (lag ?? 0), 0);
  const processed = cluster.workers
    .filter((worker) => worker.phase !== null)
    .flatMap((worker) => worker.tasks)
    .filter((task) => task.duty === "owner" && task.state === "running").length;
  return (
    <dl class="system__summary">
      <Fact name={words.workers} value={words.workersRunning(running, cluster.workers.length)} />
      <Fact name={words.partitions} value={words.partitionsOwned(processed, cluster.partitions)} />
      <Fact name={words.lag} value={isKnown ? words.records(waiting, number(waiting)) : UNKNOWN} />
    </dl>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div class="card system__fact">
      <dt>{name}</dt>
      <dd class="numbers">{value}</dd>
    </div>
  );
}
