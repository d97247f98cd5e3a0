/** What a replay is steered with, and what it says at its time. */

import { useComputed } from "@preact/signals";
import { strings } from "../strings";
import { clock, distance, speed } from "../units/formats";
import { type Player, RATES } from "./player";
import { shareOf, timeAtShare } from "./profile";
import { endMsOf, eventAfter, eventBefore, momentAt, startMsOf } from "./replay";
import { SpeedProfile } from "./speed_profile";

const words = strings.trips;
const STEP_MS = 10_000;
const LONG_STEP_MS = 60_000;

export function ReplayControls({ player }: { readonly player: Player }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is of a form
    <div class="replay__controls" role="group" aria-label={words.controls} onKeyDown={(event) => steer(player, event)}>
      <Scrubber player={player} />
      <div class="replay__row">
        <Buttons player={player} />
        <Readout player={player} />
      </div>
      <p class="quiet replay__help">{words.controlsHelp}</p>
    </div>
  );
}

function Buttons({ player }: { readonly player: Player }) {
  return (
    <div class="replay__buttons">
      <button type="button" class="button button--main replay__play" onClick={() => player.toggle()}>
        {player.isPlaying.value ? words.pause : words.play}
      </button>
      <button type="button" class="button" aria-label={words.previous} onClick={() => toPrevious(player)}>
        <Icon path="M2 2h2v12H2zM14 2v12L5 8z" />
      </button>
      <button type="button" class="button" aria-label={words.next} onClick={() => toNext(player)}>
        <Icon path="M12 2h2v12h-2zM2 2v12l9-6z" />
      </button>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is of a form */}
      <div class="replay__rates" role="group" aria-label={words.rate}>
        {RATES.map((rate) => (
          <button
            key={rate}
            type="button"
            class="button"
            aria-pressed={player.rate.value === rate}
            onClick={() => {
              player.rate.value = rate;
            }}
          >
            {words.rates(rate)}
          </button>
        ))}
      </div>
    </div>
  );
}

function Icon({ path }: { readonly path: string }) {
  return (
    <svg class="replay__icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

function Scrubber({ player }: { readonly player: Player }) {
  const replay = player.replay.value;
  const timeMs = player.timeMs.value;
  return (
    <div class="replay__scrubber">
      <input
        type="range"
        aria-label={words.scrubber}
        aria-valuetext={clock(timeMs)}
        min={startMsOf(replay)}
        max={endMsOf(replay)}
        step="any"
        value={timeMs}
        onInput={(event) => player.seek(event.currentTarget.valueAsNumber)}
      />
      <SpeedProfile
        replay={replay}
        share={shareOf(replay, timeMs)}
        onSeek={(share) => player.seek(timeAtShare(replay, share))}
      />
    </div>
  );
}

function Readout({ player }: { readonly player: Player }) {
  // Once a second of the trip: it is read, not watched.
  const timeMs = useComputed(() => Math.floor(player.timeMs.value / 1_000) * 1_000).value;
  const moment = momentAt(player.replay.value, player.timeMs.peek());
  return (
    <dl class="replay__readout numbers">
      <Figure name={words.time} value={clock(timeMs)} />
      <Figure name={words.speed} value={moment.isGap ? words.noPositions : speed(moment.speedMps)} />
      <Figure name={words.distance} value={distance(moment.distanceM)} />
    </dl>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt class="quiet">{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function steer(player: Player, event: KeyboardEvent): void {
  const isButton = event.target instanceof HTMLButtonElement;
  const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : actionOf(player, event, isButton);
  if (act === undefined) return;
  event.preventDefault();
  act();
}

function actionOf(player: Player, { key, shiftKey }: KeyboardEvent, isButton: boolean): (() => void) | undefined {
  const by = (ms: number) => () => player.seek(player.timeMs.peek() + ms);
  switch (key) {
    case " ":
      // A button is pressed with it.
      return isButton ? undefined : () => player.toggle();
    case "ArrowLeft":
    case "ArrowDown":
      return shiftKey ? () => toPrevious(player) : by(-STEP_MS);
    case "ArrowRight":
    case "ArrowUp":
      return shiftKey ? () => toNext(player) : by(STEP_MS);
    case "PageDown":
      return by(-LONG_STEP_MS);
    case "PageUp":
      return by(LONG_STEP_MS);
    case "Home":
      return () => player.seek(startMsOf(player.replay.peek()));
    case "End":
      return () => player.seek(endMsOf(player.replay.peek()));
    default:
      return undefined;
  }
}

function toNext(player: Player): void {
  const replay = player.replay.peek();
  player.seek(eventAfter(replay, player.timeMs.peek())?.timeMs ?? endMsOf(replay));
}

function toPrevious(player: Player): void {
  const replay = player.replay.peek();
  player.seek(eventBefore(replay, player.timeMs.peek())?.timeMs ?? startMsOf(replay));
}
