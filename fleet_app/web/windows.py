"""`/api/vehicles/{id}/windows`: what a vehicle did, in minutes, hours and days, or windows put together from them."""

import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from functools import partial
from http import HTTPStatus
from typing import Annotated, Final, Generic, TypeVar

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from fleet_app.domain.access.rights import Right
from fleet_app.domain.edges import HOUR_MS, MINUTE_MS, Size
from fleet_app.domain.panes import Pane, open_by_size, with_open
from fleet_app.domain.totals import NOTHING
from fleet_app.domain.vehicle import Vehicle
from fleet_app.domain.windows import Window, compose_windows, window_of
from fleet_app.http.access import caller_of, needs
from fleet_app.http.answers import Documented, json_answer, tagged, tagged_answers
from fleet_app.http.problems import bad_request, shown
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import RowKey
from fleet_app.web.api_page.document import ALSO
from fleet_app.web.csv_text import MEDIA_TYPE, AskedFormat, Cell, Format, csv_response, iso_time
from fleet_app.web.fields import AskedFields, Fields, fields_of, read_fields
from fleet_app.web.paging import Cursor, decode_number, encode_each, encode_number
from fleet_app.web.reader import HttpRequest, Injected, Reader, decode_segment
from fleet_app.web.sight import Sight
from fleet_app.web.spans import DAY_MS, AskedSpan, Span, after, read_span
from fleet_app.web.vehicles import age_s, newest_ms
from tables.windows_1d import WINDOWS_1D
from tables.windows_1h import WINDOWS_1H
from tables.windows_1m import WINDOWS_1M

MOST_WINDOWS: Final = 1_440
DEFAULT_SPAN_PANES: Final = 60
_LENGTHS_MS: Final[Mapping[Size, int]] = {Size.MINUTE: MINUTE_MS, Size.HOUR: HOUR_MS, Size.DAY: DAY_MS}
_UNITS: Final = {"m": Size.MINUTE, "h": Size.HOUR, "d": Size.DAY}
_CLOSED: Final[Mapping[Size, Table[RowKey, Pane]]] = {
    Size.MINUTE: WINDOWS_1M,
    Size.HOUR: WINDOWS_1H,
    Size.DAY: WINDOWS_1D,
}
_DURATION: Final = re.compile(r"([1-9][0-9]{0,5})([mhd])", re.ASCII)
_WRITTEN: Final = {"pattern": "^[1-9][0-9]{0,5}[mhd]$"}
_COLUMNS: Final = (
    "vehicle_id",
    "start_time",
    "start_ms",
    "end_time",
    "end_ms",
    "fixes",
    "distance_m",
    "moving_s",
    "idle_s",
    "idle_probable_s",
    "stop_s",
    "mean_speed_mps",
    "max_speed_mps",
    "harsh_events",
    "overspeed_s",
)

T = TypeVar("T")
Stretch = TypeVar("Stretch", Pane, Window)


class WindowsView(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A vehicle's windows that start in [from_ms, to_ms); those in which nothing happened are left out.

    Attributes:
        vehicle_id: The vehicle.
        unit: Which panes the windows are put together from: minutes, hours or days.
        size_ms: How long a window is; a day of `FLEET_TIMEZONE` may be an hour shorter or longer.
        step_ms: From one window's start to the next; below `size_ms` they overlap.
        from_ms: Start of the asked span, event time.
        to_ms: End of the asked span, event time.
        newest_ms: Event time of the newest accepted fix: what is later is not known yet.
        age_s: Seconds since that fix was taken, by the device's clock.
        items: The windows, oldest first, or those after the cursor, `limit` at most.
        next: The cursor of the page that follows; null on the last one.
    """

    vehicle_id: str
    unit: Size
    size_ms: int
    step_ms: int
    from_ms: int
    to_ms: int
    newest_ms: int | None
    age_s: float | None
    items: list[T]
    next: str | None


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which windows are asked for."""

    unit: Size
    size_ms: int
    step_ms: int
    span: AskedSpan
    after_ms: int | None
    limit: int
    fields: Fields


@get(
    "/api/vehicles/{vehicle_id:str}/windows",
    opt={**needs(Right.SEE), ALSO: MEDIA_TYPE},
    operation_class=Documented,
    tags=["vehicles"],
    summary="A vehicle's minutes, hours or days, put together into tumbling, hopping or sliding windows",
    responses=tagged_answers(WindowsView[Window], HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_windows(  # noqa: PLR0913 - what it reads, and the query's parameters
    *,
    reader: Injected,
    vehicle_id: FromPath[str],
    request: HttpRequest,
    size: Annotated[
        str,
        QueryParameter(
            description="Whole minutes, whole hours or a day, as in `5m`, `1h`, `1d`; at most a day.",
            schema_extra=_WRITTEN,
        ),
    ] = "1m",
    step: Annotated[
        str | None,
        QueryParameter(
            description="From start to start; default: the size. The shorter unit of both says what is put together.",
            schema_extra=_WRITTEN,
        ),
    ] = None,
    since: Annotated[
        str | None,
        QueryParameter(
            name="from", description="ISO 8601 or ms since 1970; default: 60 minutes, hours or days before `to`."
        ),
    ] = None,
    until: Annotated[
        str | None, QueryParameter(name="to", description="ISO 8601 or ms since 1970; default: the newest fix.")
    ] = None,
    cursor: Cursor = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_WINDOWS, description="Windows, at most.")] = MOST_WINDOWS,
    fields: Annotated[AskedFields, fields_of(Window)] = None,
    form: AskedFormat = Format.JSON,
) -> Response[bytes]:
    """Answer from the owner of the vehicle's partition."""
    key = decode_segment(vehicle_id)
    unit, size_ms, step_ms = _read_size(size, step)
    asked = _Asked(
        unit=unit,
        size_ms=size_ms,
        step_ms=step_ms,
        span=read_span(since, until),
        after_ms=decode_number(cursor),
        limit=limit,
        fields=read_fields(fields, Window),
    )
    answer = partial(_ANSWERS[form], Sight(reader, caller_of(request)), key, asked)
    return tagged(request, await reader.at_owner_in_steps(request, key, ("api", "vehicles", key, "windows"), answer))


async def _as_json(sight: Sight, key: str, asked: _Asked) -> Response[bytes]:
    reader, vehicle = sight.reader, sight.known(key)
    newest = newest_ms(vehicle)
    span = _span(reader, vehicle, asked)
    found = _windows(reader, vehicle, asked, span)
    view = WindowsView(
        vehicle_id=key,
        unit=asked.unit,
        size_ms=asked.size_ms,
        step_ms=asked.step_ms,
        from_ms=span.from_ms,
        to_ms=span.to_ms,
        newest_ms=newest,
        age_s=age_s(newest, reader.now_ms()),
        items=await encode_each(found[: asked.limit], asked.fields.encode),
        next=encode_number(found[asked.limit - 1].start_ms) if len(found) > asked.limit else None,
    )
    return json_answer(msgspec.json.encode(view))


async def _as_csv(sight: Sight, key: str, asked: _Asked) -> Response[bytes]:
    reader, vehicle = sight.reader, sight.known(key)
    found = _windows(reader, vehicle, asked, _span(reader, vehicle, asked))
    return await csv_response(
        _COLUMNS, (_cells(key, window, sight.reader.rules.zone) for window in found[: asked.limit])
    )


_ANSWERS: Final = {Format.JSON: _as_json, Format.CSV: _as_csv}


def _cells(key: str, window: Window, zone: tzinfo) -> list[Cell]:
    told = msgspec.structs.asdict(window) | {
        "vehicle_id": key,
        "start_time": iso_time(window.start_ms, zone),
        "end_time": iso_time(window.end_ms, zone),
    }
    return [told[column] for column in _COLUMNS]


def _read_size(size: str, step: str | None) -> tuple[Size, int, int]:
    """Return the unit that windows are put together from, their length and their step, ms.

    Raises:
        ApiError: 400, naming the parameter, its value and what it may be.
    """
    size_unit, size_ms = _read_duration("size", size)
    step_unit, step_ms = (size_unit, size_ms) if step is None else _read_duration("step", step)
    return min(size_unit, step_unit, key=_LENGTHS_MS.__getitem__), size_ms, step_ms


def _span(reader: Reader, vehicle: Vehicle, asked: _Asked) -> Span:
    newest = newest_ms(vehicle)
    span = asked.span.settle(
        until_ms=reader.now_ms() if newest is None else newest + 1,
        length_ms=DEFAULT_SPAN_PANES * _LENGTHS_MS[asked.unit],
    )
    _check_count(span, asked.step_ms)
    return span


def _windows(reader: Reader, vehicle: Vehicle, asked: _Asked, span: Span) -> Sequence[Window]:
    """Return the windows that start in a span, after the cursor if there is one."""
    rest = after(span, asked.after_ms)
    return _put_together(_panes(reader, vehicle, asked, rest), asked, rest)


def _panes(reader: Reader, vehicle: Vehicle, asked: _Asked, span: Span) -> list[Pane]:
    """Return the panes, closed and open, that windows of a span may hold.

    A row in which nothing happened takes back what was told of its pane before late fixes came.
    """
    rows = reader.tables.rows(_CLOSED[asked.unit], vehicle.vehicle_id, span.from_ms, span.to_ms + asked.size_ms)
    closed = [pane for _, pane in rows if pane.sums != NOTHING]
    if vehicle.course is None:
        return closed
    return with_open(closed, dict(open_by_size(vehicle.course.panes, vehicle.course.totals))[asked.unit])


def _put_together(panes: Sequence[Pane], asked: _Asked, span: Span) -> list[Window]:
    """Return the windows that start in a span. One that is as long as a pane is that pane."""
    if asked.size_ms == asked.step_ms == _LENGTHS_MS[asked.unit]:
        return [window_of(pane) for pane in panes if span.from_ms <= pane.start_ms < span.to_ms]
    # Hours are counted from midnight: where a zone is half an hour off, its windows of hours are, too.
    offset_ms = panes[0].start_ms % _LENGTHS_MS[asked.unit] if panes else 0
    windows = compose_windows(
        [_moved(pane, -offset_ms) for pane in panes],
        size_ms=asked.size_ms,
        step_ms=asked.step_ms,
        from_ms=span.from_ms - offset_ms,
        to_ms=span.to_ms - offset_ms,
    )
    return [_moved(window, offset_ms) for window in windows]


def _moved(stretch: Stretch, by_ms: int) -> Stretch:
    if by_ms == 0:
        return stretch
    return msgspec.structs.replace(stretch, start_ms=stretch.start_ms + by_ms, end_ms=stretch.end_ms + by_ms)


def _check_count(span: Span, step_ms: int) -> None:
    asked = -((span.from_ms - span.to_ms) // step_ms)
    if asked > MOST_WINDOWS:
        raise bad_request(
            f"from, to and step ask for {asked} windows, at most {MOST_WINDOWS} are answered: choose a shorter span "
            "or a larger step"
        )


def _read_duration(name: str, text: str) -> tuple[Size, int]:
    """Return the unit that a duration is given in, and how long it is in ms."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise bad_request(f"{name}: {shown(text)} is not a number of whole minutes, hours or days, as 5m, 1h or 1d")
    unit = _UNITS[match[2]]
    duration_ms = int(match[1]) * _LENGTHS_MS[unit]
    if duration_ms > DAY_MS:
        raise bad_request(f"{name}: {shown(text)} is longer than a day, the longest there is")
    return unit, duration_ms


HANDLERS: Final = (get_windows,)
