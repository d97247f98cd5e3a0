"""Tracks: the chunk that grows and the reorder buffer of each vehicle, its full chunks, and its late fixes."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from agents.keeping.rows import forget_rows
from fleet_app.domain.refusals import Reason, Refusal, duplicate
from fleet_app.domain.reorder import Waiting, with_one_more
from fleet_app.domain.repair import Stretch
from fleet_app.domain.track import (
    LONGEST_CHUNK_MS,
    RETENTION_MS,
    Chunk,
    Entry,
    entries_in_columns,
    entries_of,
    in_columns,
)
from fleet_app.domain.vehicle import ChunkEnd, ChunkStart, OpenTrack, Vehicle
from fleet_app.stream.declarations import AgentTask
from tables.late_fixes import LATE_FIXES, LateFixes
from tables.open_tracks import OPEN_TRACKS
from tables.tracks import TRACKS

TABLES: Final = (TRACKS, OPEN_TRACKS, LATE_FIXES)
_NO_TRACK: Final = OpenTrack()
END_OF_TIME_MS: Final = 1 << 62
_MOST_OF_A_TIME: Final = 8
"""Of late fixes of the same millisecond one can be accepted; they are kept in one value, which Kafka must take."""


class Tracks:
    """The tracks of the vehicles of one task."""

    def __init__(self, task: AgentTask) -> None:
        self._open, self._chunks, self._late = task.table(OPEN_TRACKS), task.rows(TRACKS), task.rows(LATE_FIXES)

    def get(self, vehicle_id: str) -> OpenTrack:
        """Return the end of a vehicle's track."""
        return self._open.get(vehicle_id) or _NO_TRACK

    def put(self, vehicle_id: str, track: OpenTrack, chunks: Iterable[ChunkStart | ChunkEnd]) -> None:
        """Keep the end of a track, and the chunks that began and ended since."""
        for chunk in chunks:
            key = (vehicle_id, chunk.start_ms)
            match chunk:
                case ChunkStart(course=course):
                    self._chunks[key] = Chunk(course)
                case ChunkEnd(fixes=fixes):
                    begun = self._chunks.get(key)
                    self._chunks[key] = Chunk(None if begun is None else begun.course, in_columns(fixes))
        self._open[vehicle_id] = track

    def between(self, vehicle_id: str, track: OpenTrack, start_ms: int, end_ms: int) -> list[Entry]:
        """Return the judged fixes in [start_ms, end_ms], in order."""
        chunks = self._chunks.rows(vehicle_id, start_ms - LONGEST_CHUNK_MS, end_ms + 1)
        entries = chain(*(entries_in_columns(chunk.fixes) for _, chunk in chunks), entries_of(track.fixes))
        return [entry for entry in entries if start_ms <= entry.fix.time_ms <= end_ms]

    def stretch_around(self, vehicle_id: str, track: OpenTrack, time_ms: int) -> Stretch:
        """Return the track from the chunk on that holds an instant; all that is kept, if it is before that."""
        chunks = self._chunks.rows(vehicle_id, time_ms - LONGEST_CHUNK_MS, END_OF_TIME_MS)
        before = [place for place, (start_ms, _) in enumerate(chunks) if start_ms <= time_ms]
        return Stretch(chunks[before[-1] if before else 0 :], track.fixes)

    def replace(self, vehicle_id: str, old: Stretch, new: Sequence[tuple[int, Chunk]], track: OpenTrack) -> None:
        """Put the chunks of a stretch that was run over again in the place of the old ones."""
        numbers = {number for number, _ in new}
        for number, _ in old.chunks:
            if number not in numbers:
                del self._chunks[vehicle_id, number]
        for number, chunk in new:
            self._chunks[vehicle_id, number] = chunk
        self._open[vehicle_id] = track

    def add_late(self, vehicle_id: str, waiting: Waiting) -> Refusal | None:
        """Keep a late fix until it is worked in; return why not, if it is there already."""
        key, time_ms = (vehicle_id, waiting.fix.time_ms), waiting.fix.time_ms
        row = self._late.get(key)
        fixes = with_one_more(row.fixes if row is not None else (), waiting)
        if fixes is None:
            return duplicate(time_ms)
        if len(fixes) > _MOST_OF_A_TIME:
            return Refusal(Reason.SAME_TIME, f"{_MOST_OF_A_TIME} other fixes at time_ms {time_ms} are to be worked in")
        self._late[key] = LateFixes(fixes)
        return None

    def take_late(self, vehicle_id: str) -> list[Waiting]:
        """Return the late fixes of a vehicle, in order, and forget them."""
        rows = self._late.rows(vehicle_id, 0, END_OF_TIME_MS)
        for time_ms, _ in rows:
            del self._late[vehicle_id, time_ms]
        return [waiting for _, row in rows for waiting in row.fixes]

    def expire(self, vehicle: Vehicle) -> None:
        """Forget chunks that are too old beside the vehicle's newest fix."""
        self._chunks.expire(vehicle.vehicle_id, vehicle.newest_ms - RETENTION_MS - LONGEST_CHUNK_MS)

    def forget(self, vehicle_id: str) -> None:
        """Delete a vehicle's track, and the late fixes that wait for it."""
        forget_rows(self._chunks, vehicle_id)
        forget_rows(self._late, vehicle_id)
        if self._open.get(vehicle_id) is not None:
            del self._open[vehicle_id]
