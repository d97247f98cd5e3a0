import type { LegWithTrack, TrackPoint } from "../../src/api/trips";
import { type Replay, replayOf } from "../../src/trips/replay";

/** When the trips of these tests begin, ms since 1970. */
export const START_MS = 1_795_467_600_000;

export function tripWith(track: readonly TrackPoint[] | null, told: Partial<LegWithTrack> = {}): LegWithTrack {
  return {
    id: "van-7@1",
    kind: "trip",
    start_ms: START_MS,
    end_ms: START_MS + 600_000,
    start_lat: 52.43,
    start_lon: 13.53,
    end_lat: 52.44,
    end_lon: 13.54,
    duration_s: 600,
    distance_m: 1_000,
    mean_speed_mps: 10,
    max_speed_mps: 12,
    harsh_events: 0,
    harsh_observable: false,
    ending: "stop",
    revision: 1,
    polyline: "",
    track_fixes: track?.length ?? 0,
    track,
    ...told,
  };
}

export function ready(track: readonly TrackPoint[], told: Partial<LegWithTrack> = {}): Replay {
  const replay = replayOf(tripWith(track, told));
  if (replay === null) throw new Error("the track has points");
  return replay;
}

/** A point so many seconds on the way, so many metres to the north. */
export function point(second: number, metres: number, told: Partial<TrackPoint> = {}): TrackPoint {
  return { time_ms: START_MS + second * 1_000, lat: 52.43 + metres / 111_195, lon: 13.53, ...told };
}
