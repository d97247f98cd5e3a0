/** What happened to workers and partitions in the last minutes, newest first. */

import { strings } from "../strings";
import { clock } from "../units/formats";
import { type Entry, type Happening, ranges, shortNames } from "./timeline";

const words = strings.system;

export function Timeline({ entries }: { readonly entries: readonly Entry[] }) {
  return (
    <section class="card system__section" aria-labelledby="system-timeline">
      <h2 id="system-timeline">{words.timeline}</h2>
      {entries.length === 0 && <p class="quiet">{words.timelineEmpty}</p>}
      {/* What comes is read out once the reader is done; it comes seldom. */}
      <ol class="timeline" aria-live="polite" aria-labelledby="system-timeline">
        {entries.map(({ timeMs, happening }) => (
          <li key={`${timeMs} ${keyOf(happening)}`}>
            <time class="numbers quiet" dateTime={new Date(timeMs).toISOString()}>
              {clock(timeMs)}
            </time>
            <span class={isAlarming(happening) ? "system__alarm" : undefined}>{sentence(happening)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Return what happened as a sentence. */
export function sentence(happening: Happening): string {
  switch (happening.kind) {
    case "came":
      return words.came(nameOf(happening.url));
    case "went":
      return words.went(nameOf(happening.url));
    case "phase":
      return happening.to === null
        ? words.fellSilent(nameOf(happening.url))
        : words.isNow(nameOf(happening.url), words.phases[happening.to].toLowerCase());
    case "moved":
      return movedSentence(happening);
    case "restored":
      return words.restored(partitionsOf(happening.partitions), nameOf(happening.url));
  }
}

function movedSentence({ partitions, from, to }: Happening & { kind: "moved" }): string {
  const named = partitionsOf(partitions);
  if (to === null) return words.orphaned(named, from === null ? words.nobody : nameOf(from));
  return from === null ? words.taken(named, nameOf(to)) : words.moved(named, nameOf(from), nameOf(to));
}

function partitionsOf(partitions: readonly number[]): string {
  return words.partitionNames(ranges(partitions), partitions.length);
}

function nameOf(url: string): string {
  return shortNames([url]).get(url) ?? url;
}

function isAlarming(happening: Happening): boolean {
  const isSilent = happening.kind === "phase" && happening.to === null;
  return happening.kind === "went" || isSilent || (happening.kind === "moved" && happening.to === null);
}

function keyOf(happening: Happening): string {
  return Object.values(happening).map(String).join(" ");
}
