/** How this page itself is told: by which worker, how late, and of which release. */

import { pageSettings } from "../api/page_settings";
import { connection, isOutdated, latencies, nowMs } from "../app/state";
import type { Quantiles } from "../feed/latency";
import { strings } from "../strings";
import { number, UNKNOWN } from "../units/formats";
import { samplesOf } from "./metrics_text";
import { Section, Table } from "./tables";
import { metrics } from "./watching";

const words = strings.system;

export function ConnectionCard() {
  const { phase, worker, behindMs } = connection.value;
  const running = metrics.value === null ? undefined : samplesOf(metrics.value, "fleet_build_info")[0];
  return (
    <Section name="page" title={words.page} help={words.latencyHelp}>
      <Latency />
      <dl class="system__facts">
        <Fact name={words.connection} value={words.connectionPhases[phase]} />
        <Fact name={words.toldBy} value={worker || UNKNOWN} />
        <Fact name={words.behind} value={behindMs === null ? UNKNOWN : milliseconds(behindMs)} />
        <Fact name={words.release} value={pageSettings.value?.version || UNKNOWN} />
        <Fact name={words.releaseOf} value={running?.labels.get("version") ?? UNKNOWN} />
      </dl>
      {isOutdated.value && <p class="system__alarm">{words.outdated}</p>}
    </Section>
  );
}

/** Moves once a second, with the time. */
function Latency() {
  const { fixToScreen, frameAge } = latencies.read(nowMs.value);
  if (fixToScreen === null && frameAge === null) return <p>{words.latencyNone}</p>;
  return (
    <Table label={words.measured} columns={[words.measured, words.median, words.slowest, words.measurements]}>
      <Measured name={words.latency} quantiles={fixToScreen} />
      <Measured name={words.frameAge} quantiles={frameAge} />
    </Table>
  );
}

function Measured({ name, quantiles }: { readonly name: string; readonly quantiles: Quantiles | null }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="numbers">{quantiles === null ? UNKNOWN : milliseconds(quantiles.p50Ms)}</td>
      <td class="numbers">{quantiles === null ? UNKNOWN : milliseconds(quantiles.p99Ms)}</td>
      <td class="numbers">{number(quantiles?.count ?? 0)}</td>
    </tr>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="numbers">{value}</dd>
    </div>
  );
}

function milliseconds(ms: number): string {
  return ms < 1_000 ? `${number(ms)} ms` : `${number(ms / 1_000, 1)} s`;
}
