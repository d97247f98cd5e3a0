/** Why: what a vehicle sent beside what was accepted of it, and the reasons for the difference. */

import { useRef, useState } from "preact/hooks";
import { usePolled } from "../api/polling";
import { type Quality, qualityOf, type VehicleNow } from "../api/vehicles";
import { look, query } from "../app/route";
import { nowMs } from "../app/state";
import { strings } from "../strings";
import { Notice, ProblemNotice } from "../ui/notice";
import { WhyCounts } from "./why_counts";
import { WhyList } from "./why_list";
import { silenceMs } from "./why_map";
import { WhyPositions } from "./why_positions";
import "./why.css";

const words = strings.why;
const EVERY_MS = 15_000;
const HOUR_MS = 3_600_000;
const SPANS_MS: Readonly<Record<string, number>> = { "1h": HOUR_MS, "6h": 6 * HOUR_MS, "24h": 24 * HOUR_MS };
const DEFAULT_SPAN = "24h";

export function Why({ vehicle }: { readonly vehicle: VehicleNow }) {
  const asked = query.value.get("span") ?? DEFAULT_SPAN;
  const span = Object.hasOwn(SPANS_MS, asked) ? asked : DEFAULT_SPAN;
  return (
    <section class="why" aria-labelledby="why-title">
      <div class="why__head">
        <h2 id="why-title">{words.title}</h2>
        <Span span={span} />
      </div>
      <p class="why__intro quiet">{words.intro}</p>
      <Read key={span} vehicle={vehicle} span={span} />
    </section>
  );
}

function Span({ span }: { readonly span: string }) {
  const choose = (next: string) => {
    const search = new URLSearchParams(query.value);
    search.set("span", next);
    look(search);
  };
  return (
    <label class="windows__choice">
      {words.span}
      <select class="input" value={span} onChange={(event) => choose(event.currentTarget.value)}>
        {Object.keys(SPANS_MS).map((each) => (
          <option key={each} value={each}>
            {words.spans[each]}
          </option>
        ))}
      </select>
    </label>
  );
}

interface ReadProps {
  readonly vehicle: VehicleNow;
  readonly span: string;
}

function Read({ vehicle, span }: ReadProps) {
  const newestMs = useRef(0);
  newestMs.current = vehicle.last?.time_ms ?? nowMs.peek();
  const polling = usePolled(vehicle.vehicle_id, EVERY_MS, (signal) =>
    qualityOf(vehicle.vehicle_id, fromOf(newestMs.current, span), signal),
  );
  const { value, error } = polling.told.value;
  if (value !== null) return <Told quality={value} longestStepMs={silenceMs(vehicle.interval_s)} />;
  return error === null ? <Notice title={words.reading} /> : <ProblemNotice error={error} retry={polling.soon} />;
}

/** The worker's span ends later than this vehicle's newest fix; it may not be longer than 24 h in all. */
function fromOf(newestMs: number, span: string): number | null {
  return span === DEFAULT_SPAN ? null : newestMs - (SPANS_MS[span] ?? 0);
}

function Told({ quality, longestStepMs }: { readonly quality: Quality; readonly longestStepMs: number }) {
  const [chosen, choose] = useState<number | null>(null);
  const hasPlaces = quality.accepted.items.length + quality.refused.items.length > 0;
  return (
    <>
      <WhyCounts quality={quality} />
      {hasPlaces ? (
        <WhyPositions quality={quality} longestStepMs={longestStepMs} chosen={chosen} choose={choose} />
      ) : (
        <Notice title={words.nothing}>
          <p>{words.nothingHelp}</p>
        </Notice>
      )}
      {quality.refused.items.length > 0 && <WhyList refused={quality.refused} chosen={chosen} choose={choose} />}
    </>
  );
}
