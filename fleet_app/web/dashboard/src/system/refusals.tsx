/**
 * What was refused, by reason. Each worker counts for itself and since it started; a page may read the metrics of the
 * worker that serves it alone, and says so.
 */

import type { ComponentChildren } from "preact";
import { strings } from "../strings";
import { dateAndTime, number, UNKNOWN } from "../units/formats";
import { samplesOf, sumsBy } from "./metrics_text";
import { Section, Table } from "./tables";
import { metrics } from "./watching";

const words = strings.system;

export function Refusals() {
  const text = metrics.value;
  if (text === null) {
    return (
      <Section name="refusals" title={words.refusals}>
        <p class="quiet">{words.refusalsFailed}</p>
      </Section>
    );
  }
  const startedS = samplesOf(text, "process_start_time_seconds")[0]?.value;
  const since = startedS === undefined ? UNKNOWN : dateAndTime(startedS * 1_000);
  const accepted = samplesOf(text, "fleet_positions_accepted_total")[0]?.value ?? 0;
  const refused = sumsBy(samplesOf(text, "fleet_positions_refused_total"), "reason");
  return (
    <Section name="refusals" title={words.refusals} help={words.refusalsHelp(location.host, since)}>
      {refused.length === 0 && <p>{words.refusalsNone}</p>}
      <Table label={words.refusals} columns={[words.reason, words.count]}>
        {refused.map(([reason, count]) => (
          <Count key={reason} name={<code>{reason}</code>} count={count} />
        ))}
        <Count name={words.accepted} count={accepted} />
      </Table>
      <Doors text={text} />
    </Section>
  );
}

function Doors({ text }: { readonly text: string }) {
  const outcomes = samplesOf(text, "fleet_door_positions_total").filter((sample) => sample.value > 0);
  if (outcomes.length === 0) return null;
  return (
    <>
      <h3 class="system__small">{words.doors}</h3>
      <Table label={words.doors} columns={[words.door, words.outcome, words.count]}>
        {outcomes.map(({ labels, value }) => (
          <tr key={`${labels.get("door")} ${labels.get("outcome")}`}>
            <th scope="row">{labels.get("door")}</th>
            <td>{labels.get("outcome")}</td>
            <td class="numbers">{number(value)}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}

function Count({ name, count }: { readonly name: ComponentChildren; readonly count: number }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="numbers">{number(count)}</td>
    </tr>
  );
}
