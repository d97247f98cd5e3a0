/** The speed over the time of a trip, under the scrubber and as wide as its track. Numbers stand beside it. */

import { useMemo } from "preact/hooks";
import { strings } from "../strings";
import { speed } from "../units/formats";
import { eventTicks, fastestOf, speedAreas } from "./profile";
import type { Replay } from "./replay";

const WIDTH = 1_000;
const HEIGHT = 100;

interface Props {
  readonly replay: Replay;
  readonly share: number;
  readonly onSeek: (share: number) => void;
}

export function SpeedProfile({ replay, share, onSeek }: Props) {
  const areas = useMemo(() => speedAreas(replay, WIDTH, HEIGHT), [replay]);
  const ticks = useMemo(() => eventTicks(replay), [replay]);
  const seek = (event: MouseEvent & { readonly currentTarget: SVGSVGElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    onSeek((event.clientX - box.left) / box.width);
  };
  return (
    <figure class="profile">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true" onClick={seek}>
        {ticks.map(({ kind, from, to }) => (
          <rect
            key={`${kind} ${from}`}
            class={`profile__event profile__event--${kind}`}
            x={from * WIDTH}
            width={Math.max((to - from) * WIDTH, 3)}
            y={0}
            height={HEIGHT}
          />
        ))}
        <path class="profile__speed" d={areas} />
        <line class="profile__now" x1={share * WIDTH} x2={share * WIDTH} y1={0} y2={HEIGHT} />
      </svg>
      <figcaption class="quiet">{strings.trips.profile(speed(fastestOf(replay)))}</figcaption>
    </figure>
  );
}
