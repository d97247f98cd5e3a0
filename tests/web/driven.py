"""Tables as they are after a vehicle has driven: what the domain says, without an agent."""

from collections.abc import Iterable
from typing import Any

import msgspec

from fleet_app.domain.fix import Fix
from fleet_app.domain.legs import KeptLeg
from fleet_app.domain.panes import revised
from fleet_app.domain.quality import RefusedMinute, refused_position, with_refused
from fleet_app.domain.reorder import Waiting
from fleet_app.domain.track import Chunk, in_columns
from fleet_app.domain.vehicle import ChunkStart, Moved, OpenTrack, Vehicle, count_refusal, receive
from tests.web.fakes import MINUTE_MS, NOW_MS, RULES

LATENCY_MS = 500
M_PER_DEGREE = 111_195.0


class Tables:
    """The rows of one vehicle, by table."""

    def __init__(self, vehicle_id: str = "a") -> None:
        self.vehicle = Vehicle(vehicle_id)
        self.track = OpenTrack()
        self.rows: dict[str, dict[tuple[str, int], Any]] = {
            name: {} for name in ("tracks", "trips", "refused_positions", "windows_1m", "windows_1h", "windows_1d")
        }
        self.offset = 0

    @property
    def contents(self) -> dict[str, dict[Any, Any]]:
        vehicle_id = self.vehicle.vehicle_id
        return {"vehicles": {vehicle_id: self.vehicle}, "open_tracks": {vehicle_id: self.track}, **self.rows}

    def take(self, fixes: Iterable[Fix]) -> "Tables":
        for fix in fixes:
            self.offset += 1
            waiting = Waiting(fix, self.offset, fix.time_ms + LATENCY_MS, b"a", b"{}")
            moved = receive(self.vehicle, self.track, waiting, RULES)
            assert isinstance(moved, Moved)
            self._keep(moved)
        return self

    def _keep(self, moved: Moved) -> None:
        self.vehicle, self.track = moved.vehicle, moved.track
        vehicle_id = self.vehicle.vehicle_id
        for edge in moved.chunks:
            key = vehicle_id, edge.start_ms
            if isinstance(edge, ChunkStart):
                self.rows["tracks"][key] = Chunk(edge.course)
            else:
                self.rows["tracks"][key] = Chunk(self.rows["tracks"][key].course, in_columns(edge.fixes))
        for happened in moved.happened:
            for leg in happened.legs:
                self.rows["trips"][vehicle_id, leg.number] = KeptLeg(leg, "_p~iF~ps|U", 1)
            for size, pane in happened.panes:
                self.rows[f"windows_{size}"][vehicle_id, pane.start_ms] = revised(None, pane)
        for judged in moved.judged:
            if judged.refusal is not None:
                self.vehicle = count_refusal(self.vehicle, judged.refusal.reason)
                position = refused_position(
                    judged.refusal.reason, judged.waiting.fix, judged.waiting.received_ms, judged.waiting.offset
                )
                key = vehicle_id, position.received_ms - position.received_ms % MINUTE_MS
                known: RefusedMinute | None = self.rows["refused_positions"].get(key)
                self.rows["refused_positions"][key] = with_refused(known, position)

    def replace(self, **given: Any) -> "Tables":
        self.vehicle = msgspec.structs.replace(self.vehicle, **given)
        return self


def round_trip(
    start_ms: int, *, every_ms: int = 5_000, stands_ms: int = 600_000, drives_ms: int = 600_000
) -> list[Fix]:
    """Return the fixes of a vehicle that stands, drives away north at 10 m/s, and stands there as long again."""
    fixes = []
    for at_ms in range(0, 2 * stands_ms + drives_ms, every_ms):
        driven_ms = min(max(0, at_ms - stands_ms), drives_ms)
        is_driving = stands_ms <= at_ms < stands_ms + drives_ms
        lat = round((52.0 + driven_ms / 100 / M_PER_DEGREE) * 1e7) / 1e7
        fixes.append(Fix(start_ms + at_ms, lat, 13.0, 10.0 if is_driving else 0.0, 0.0))
    return fixes


HALF_HOUR_AGO_MS = NOW_MS - 30 * MINUTE_MS
