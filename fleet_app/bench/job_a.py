"""Job A: the last state of every vehicle with its open minute, and a row for each minute that is over.

Fixes come in order. Table `last` has one value per vehicle, `minutes` one row per vehicle and closed minute.
"""

from typing import Final

import msgspec

from fleet_app.bench.fixes import DEAD_LETTERS, MINUTE_MS, RAW, Fix, Minute, haversine_m, last_table, minutes_table
from fleet_app.stream.declarations import Agent, AgentTask, Handler, Record, Undecodable


class Last(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A vehicle's newest fix, its odometer, and the minute it is in."""

    time_ms: int
    lat: float
    lon: float
    speed_mps: float
    odometer_m: float
    minute_ms: int
    fixes: int
    distance_m: float
    speed_sum_mps: float


LAST: Final = last_table(Last, written_by="keep_last")
MINUTES: Final = minutes_table(written_by="keep_last")


def advance(last: Last | None, fix: Fix) -> Last:
    """Return the vehicle's state after a fix that is newer than all before."""
    time_ms, lat, lon, speed_mps = fix.time_ms, fix.lat, fix.lon, fix.speed_mps
    minute_ms = time_ms - time_ms % MINUTE_MS
    if last is None:
        return Last(time_ms, lat, lon, speed_mps, 0.0, minute_ms, 1, 0.0, speed_mps)
    step_m = haversine_m(last.lat, last.lon, lat, lon)
    odometer_m = last.odometer_m + step_m
    if minute_ms != last.minute_ms:
        return Last(time_ms, lat, lon, speed_mps, odometer_m, minute_ms, 1, step_m, speed_mps)
    return Last(
        time_ms,
        lat,
        lon,
        speed_mps,
        odometer_m,
        minute_ms,
        last.fixes + 1,
        last.distance_m + step_m,
        last.speed_sum_mps + speed_mps,
    )


def keep_last(task: AgentTask) -> Handler:
    """Bind the job to a task."""
    last, minutes = task.table(LAST), task.rows(MINUTES)
    get = last.get
    decode = msgspec.json.Decoder(Fix).decode

    def handle(record: Record) -> None:
        try:
            fix = decode(record.value or b"")
        except msgspec.DecodeError as error:
            raise Undecodable(str(error)) from error
        vehicle_id = fix.vehicle_id
        before = get(vehicle_id)
        after = last[vehicle_id] = advance(before, fix)
        if before is not None and before.minute_ms != after.minute_ms:
            minutes[vehicle_id, before.minute_ms] = Minute(before.fixes, before.distance_m, before.speed_sum_mps)

    return handle


KEEP_LAST: Final = Agent(
    name="keep_last", reads=RAW, owns=(LAST, MINUTES), sends=(), dead_letters=DEAD_LETTERS, bind=keep_last
)
