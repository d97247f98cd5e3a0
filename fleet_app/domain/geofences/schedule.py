"""When a geofence is in force."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from fleet_app.domain.geofences.geofence import Hours, Weekday

_DAYS = tuple(Weekday)


def is_in_force(schedule: Sequence[Hours], time_ms: int, zone: tzinfo) -> bool:
    """Return whether an instant lies in a schedule; without one every instant does."""
    if not schedule:
        return True
    local = datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(zone)
    minute = local.hour * 60 + local.minute
    today, yesterday = _DAYS[local.weekday()], _DAYS[(local - timedelta(days=1)).weekday()]
    return any(_holds(hours, minute, today, yesterday) for hours in schedule)


def _holds(hours: Hours, minute: int, today: Weekday, yesterday: Weekday) -> bool:
    start, end = _minutes(hours.start), _minutes(hours.end)
    if start < end:
        return today in hours.days and start <= minute < end
    return (today in hours.days and minute >= start) or (yesterday in hours.days and minute < end)


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
