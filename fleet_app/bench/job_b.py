"""Job B: job A for fixes that come out of order, late or broken, and a record for each minute that is over.

A minute stays open until the vehicle's newest fix is `GRACE_MS` past its end; a fix for a closed minute is late: it is
counted, and changes nothing else. A fix older than the newest counts in its minute and moves nothing.
"""

from typing import Final

import msgspec

from fleet_app.bench.fixes import DEAD_LETTERS, MINUTE_MS, RAW, Fix, Minute, haversine_m, last_table, minutes_table
from fleet_app.stream.declarations import Agent, AgentTask, Cleanup, Handler, Record, Topic, Undecodable

GRACE_MS: Final = 10_000


class Open(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A minute that may still get fixes."""

    minute_ms: int
    fixes: int
    distance_m: float
    speed_sum_mps: float


class Last(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A vehicle's newest fix, its odometer, how many fixes were late, and its open minutes, oldest first."""

    time_ms: int
    lat: float
    lon: float
    speed_mps: float
    odometer_m: float
    late: int
    minutes: tuple[Open, ...]


class Closed(msgspec.Struct, frozen=True, gc=False):
    """A minute that is over, as it is told on `gps.minute`."""

    vehicle_id: str
    minute_ms: int
    fixes: int
    distance_m: float
    speed_sum_mps: float


MINUTE: Final = Topic(
    name="gps.minute",
    key="vehicle_id",
    value=Closed,
    cleanup=Cleanup.DELETE,
    retention_s=None,
    written_by="keep_minutes",
    read_by="the oracle",
)

LAST: Final = last_table(Last, written_by="keep_minutes")
MINUTES: Final = minutes_table(written_by="keep_minutes")


def advance(last: Last | None, fix: Fix) -> tuple[Last, tuple[Open, ...]]:
    """Return the vehicle's state after a fix, and the minutes that it closed, oldest first."""
    time_ms, speed_mps = fix.time_ms, fix.speed_mps
    minute_ms = time_ms - time_ms % MINUTE_MS
    if last is None:
        return Last(time_ms, fix.lat, fix.lon, speed_mps, 0.0, 0, (Open(minute_ms, 1, 0.0, speed_mps),)), ()
    if time_ms < last.time_ms:
        return _out_of_order(last, fix, minute_ms), ()
    step_m = haversine_m(last.lat, last.lon, fix.lat, fix.lon)
    minutes = _add(last.minutes, minute_ms, step_m, speed_mps)
    closed: tuple[Open, ...] = ()
    if minutes[0].minute_ms + MINUTE_MS + GRACE_MS <= time_ms:
        first_open = _first_open(minutes, time_ms)
        closed, minutes = minutes[:first_open], minutes[first_open:]
    return Last(time_ms, fix.lat, fix.lon, speed_mps, last.odometer_m + step_m, last.late, minutes), closed


def _out_of_order(last: Last, fix: Fix, minute_ms: int) -> Last:
    if minute_ms + MINUTE_MS + GRACE_MS <= last.time_ms:
        return msgspec.structs.replace(last, late=last.late + 1)
    return msgspec.structs.replace(last, minutes=_add(last.minutes, minute_ms, 0.0, fix.speed_mps))


def _add(minutes: tuple[Open, ...], minute_ms: int, step_m: float, speed_mps: float) -> tuple[Open, ...]:
    newest = minutes[-1]
    if newest.minute_ms == minute_ms:
        grown = Open(minute_ms, newest.fixes + 1, newest.distance_m + step_m, newest.speed_sum_mps + speed_mps)
        return (*minutes[:-1], grown)
    by_start = {each.minute_ms: each for each in minutes}
    found = by_start.get(minute_ms, Open(minute_ms, 0, 0.0, 0.0))
    by_start[minute_ms] = Open(minute_ms, found.fixes + 1, found.distance_m + step_m, found.speed_sum_mps + speed_mps)
    return tuple(by_start[start_ms] for start_ms in sorted(by_start))


def _first_open(minutes: tuple[Open, ...], newest_ms: int) -> int:
    """Return the index of the oldest minute that is still open; the newest always is."""
    over_before_ms = newest_ms - MINUTE_MS - GRACE_MS
    return sum(each.minute_ms <= over_before_ms for each in minutes)


def keep_minutes(task: AgentTask) -> Handler:
    """Bind the job to a task."""
    last, minutes, send = task.table(LAST), task.rows(MINUTES), task.send
    get = last.get
    decode = msgspec.json.Decoder(Fix).decode

    def handle(record: Record) -> None:
        try:
            fix = decode(record.value or b"")
        except msgspec.DecodeError as error:
            raise Undecodable(str(error)) from error
        vehicle_id = fix.vehicle_id
        last[vehicle_id], closed = advance(get(vehicle_id), fix)
        for over in closed:
            minutes[vehicle_id, over.minute_ms] = Minute(over.fixes, over.distance_m, over.speed_sum_mps)
            send(
                MINUTE,
                vehicle_id,
                Closed(vehicle_id, over.minute_ms, over.fixes, over.distance_m, over.speed_sum_mps),
            )

    return handle


KEEP_MINUTES: Final = Agent(
    name="keep_minutes", reads=RAW, owns=(LAST, MINUTES), sends=(MINUTE,), dead_letters=DEAD_LETTERS, bind=keep_minutes
)
