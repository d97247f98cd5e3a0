"""`/api/vehicles`: where every vehicle is, what became of its positions, and its windows."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated, Final, TypeVar

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from fleet_app.domain.edges import HOUR_MS, MINUTE_MS, Size
from fleet_app.domain.panes import Pane, add_panes
from fleet_app.domain.vehicle import Fix, Vehicle
from fleet_app.domain.windows import Window, compose_windows, window_of
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import RowKey
from fleet_app.web.answers import answers
from fleet_app.web.paging import Cursor, LocalPage, Page, decode_cursor
from fleet_app.web.problems import Code, bad_request, not_found, shown
from fleet_app.web.reader import HttpRequest, Injected, Reader, decode_segment
from tables.vehicles import VEHICLES
from tables.windows_1d import WINDOWS_1D
from tables.windows_1h import WINDOWS_1H
from tables.windows_1m import WINDOWS_1M

MOST_WINDOWS: Final = 1_440
DAY_MS: Final = 24 * HOUR_MS
DEFAULT_SPAN_PANES: Final = 60
_LENGTHS_MS: Final[Mapping[Size, int]] = {Size.MINUTE: MINUTE_MS, Size.HOUR: HOUR_MS, Size.DAY: DAY_MS}
_UNITS: Final = {"m": Size.MINUTE, "h": Size.HOUR, "d": Size.DAY}
_CLOSED: Final[Mapping[Size, Table[RowKey, Pane]]] = {
    Size.MINUTE: WINDOWS_1M,
    Size.HOUR: WINDOWS_1H,
    Size.DAY: WINDOWS_1D,
}
_DURATION: Final = re.compile(r"([1-9][0-9]{0,5})([mhd])", re.ASCII)
_EPOCH_MS: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)

Stretch = TypeVar("Stretch", Pane, Window)
Limit = Annotated[int, QueryParameter(ge=1, le=1_000, description="Entries on the page, at most.")]


class FixView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A vehicle's newest accepted fix by event time. What the device did not report is left out."""

    time_ms: int
    lat: float
    lon: float
    speed_mps: float | None = None
    heading_deg: float | None = None
    accuracy_m: float | None = None
    altitude_m: float | None = None
    ignition: bool | None = None
    odometer_m: float | None = None
    fuel_l: float | None = None
    device_id: str | None = None
    attributes: dict[str, str | float | bool | None] | None = None


class VehicleView(msgspec.Struct, frozen=True, kw_only=True):
    """Where a vehicle is, and how old that is.

    Attributes:
        vehicle_id: The vehicle.
        tenant: Whose vehicle it is.
        last: Its newest accepted fix, null before the first.
        age_s: Seconds since that fix was taken, by the device's clock.
        received_ms: When the position that was accepted last came in, ms since 1970; null before the first.
        received_age_s: Seconds since then.
        odometer_m: Metres driven along the accepted fixes.
        accepted: Positions accepted.
        refused: Positions refused, by reason.
    """

    vehicle_id: str
    tenant: str
    last: FixView | None
    age_s: float | None
    received_ms: int | None
    received_age_s: float | None
    odometer_m: float
    accepted: int
    refused: dict[str, int]


class WindowsView(msgspec.Struct, frozen=True, kw_only=True):
    """A vehicle's windows that start in [from_ms, to_ms); those without a fix or a metre are left out.

    Attributes:
        vehicle_id: The vehicle.
        unit: Which panes the windows are put together from: minutes, hours or days.
        size_ms: How long a window is; a day of `FLEET_TIMEZONE` may be an hour shorter or longer.
        step_ms: From one window's start to the next; below `size_ms` they overlap.
        from_ms: Start of the asked span, event time.
        to_ms: End of the asked span, event time.
        newest_ms: Event time of the newest accepted fix: what is later is not known yet.
        age_s: Seconds since that fix was taken, by the device's clock.
        items: The windows, oldest first.
    """

    vehicle_id: str
    unit: Size
    size_ms: int
    step_ms: int
    from_ms: int
    to_ms: int
    newest_ms: int | None
    age_s: float | None
    items: list[Window]


def _view(now_ms: int, vehicle: Vehicle) -> VehicleView:
    """Return what is shown of a vehicle as of `now_ms`."""
    was_accepted = vehicle.accepted > 0
    return VehicleView(
        vehicle_id=vehicle.vehicle_id,
        tenant=vehicle.tenant,
        last=None if vehicle.last is None else _fix_view(vehicle.last),
        age_s=_age_s(vehicle, now_ms),
        received_ms=vehicle.received_ms if was_accepted else None,
        received_age_s=(now_ms - vehicle.received_ms) / 1000 if was_accepted else None,
        odometer_m=vehicle.odometer_m,
        accepted=vehicle.accepted,
        refused=vehicle.refused,
    )


def _stored_view(now_ms: int, _stored_key: bytes, vehicle: Vehicle) -> VehicleView:
    return _view(now_ms, vehicle)


def _fix_view(fix: Fix) -> FixView:
    return msgspec.convert(fix, FixView, from_attributes=True)


def _age_s(vehicle: Vehicle, now_ms: int) -> float | None:
    return None if vehicle.last is None else (now_ms - vehicle.last.time_ms) / 1000


@get(
    "/api/vehicles",
    tags=["vehicles"],
    summary="All vehicles, from all workers, in the order of their ids",
    responses=answers(Page[VehicleView], HTTPStatus.SERVICE_UNAVAILABLE),
)
async def list_vehicles(reader: Injected, cursor: Cursor = None, limit: Limit = 100) -> Response[Page[msgspec.Raw]]:
    """Answer with one page; 503 if any partition cannot be read, rather than with a part of the fleet."""
    page = await reader.scan_everywhere(
        VEHICLES,
        ("internal", "vehicles"),
        after=decode_cursor(cursor),
        limit=limit,
        render=partial(_stored_view, reader.now_ms()),
    )
    return Response(page)


@get("/internal/vehicles", tags=["between workers"], summary="This worker's part of a page of vehicles")
async def list_own_vehicles(
    reader: Injected, limit: Limit, after: Annotated[str | None, QueryParameter()] = None
) -> Response[LocalPage]:
    """Answer another worker that merges the parts."""
    page = await reader.scan_here(
        VEHICLES, after=decode_cursor(after), limit=limit, render=partial(_stored_view, reader.now_ms())
    )
    return Response(page)


@get(
    "/api/vehicles/{vehicle_id:str}",
    tags=["vehicles"],
    summary="One vehicle: where it is now, how old that is, and what became of its positions",
    responses=answers(VehicleView, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_vehicle(reader: Injected, vehicle_id: FromPath[str], request: HttpRequest) -> Response[VehicleView]:
    """Answer from the owner of the vehicle's partition."""
    key = decode_segment(vehicle_id)

    def answer() -> VehicleView:
        return _view(reader.now_ms(), _known(reader, key))

    return await reader.at_owner(request, key, ("api", "vehicles", key), answer)


@get(
    "/api/vehicles/{vehicle_id:str}/windows",
    tags=["vehicles"],
    summary="A vehicle's minutes, hours or days, put together into tumbling, hopping or sliding windows",
    responses=answers(WindowsView, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_windows(  # noqa: PLR0913 - one per parameter of the query
    *,
    reader: Injected,
    vehicle_id: FromPath[str],
    request: HttpRequest,
    size: Annotated[
        str, QueryParameter(description="Whole minutes, whole hours or a day, as in `5m`, `1h`, `1d`; at most a day.")
    ] = "1m",
    step: Annotated[
        str | None,
        QueryParameter(
            description="From start to start; default: the size. The shorter unit of both says what is put together."
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
) -> Response[WindowsView]:
    """Answer from the owner of the vehicle's partition."""
    key = decode_segment(vehicle_id)
    asked = _read_span(size=size, step=step, since=since, until=until)

    def answer() -> WindowsView:
        return _windows(reader, _known(reader, key), asked)

    return await reader.at_owner(request, key, ("api", "vehicles", key, "windows"), answer)


def _known(reader: Reader, key: str) -> Vehicle:
    vehicle = reader.tables.get(VEHICLES, key)
    if vehicle is None:
        raise not_found(Code.UNKNOWN_VEHICLE, f"no position of a vehicle {shown(key)} has come in")
    return vehicle


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Which windows are asked for. `from_ms` and `to_ms` are None where the newest fix decides."""

    unit: Size
    size_ms: int
    step_ms: int
    from_ms: int | None
    to_ms: int | None


def _read_span(*, size: str, step: str | None, since: str | None, until: str | None) -> Span:
    """Read the query of a windows request.

    Raises:
        ApiError: 400, naming the parameter, its value and what it may be.
    """
    size_unit, size_ms = _read_duration("size", size)
    step_unit, step_ms = (size_unit, size_ms) if step is None else _read_duration("step", step)
    return Span(
        unit=min(size_unit, step_unit, key=_LENGTHS_MS.__getitem__),
        size_ms=size_ms,
        step_ms=step_ms,
        from_ms=None if since is None else _read_time("from", since),
        to_ms=None if until is None else _read_time("to", until),
    )


def _windows(reader: Reader, vehicle: Vehicle, span: Span) -> WindowsView:
    now_ms = reader.now_ms()
    newest_ms = None if vehicle.last is None else vehicle.last.time_ms
    to_ms = span.to_ms if span.to_ms is not None else (now_ms if newest_ms is None else newest_ms + 1)
    from_ms = span.from_ms if span.from_ms is not None else to_ms - DEFAULT_SPAN_PANES * _LENGTHS_MS[span.unit]
    _check_span(from_ms, to_ms, span.step_ms)
    closed = reader.tables.rows(_CLOSED[span.unit], vehicle.vehicle_id, from_ms, to_ms + span.size_ms)
    panes = add_panes((pane for _, pane in closed), dict(vehicle.open.by_size())[span.unit])
    return WindowsView(
        vehicle_id=vehicle.vehicle_id,
        unit=span.unit,
        size_ms=span.size_ms,
        step_ms=span.step_ms,
        from_ms=from_ms,
        to_ms=to_ms,
        newest_ms=newest_ms,
        age_s=_age_s(vehicle, now_ms),
        items=_put_together(panes, span, from_ms, to_ms),
    )


def _put_together(panes: Sequence[Pane], span: Span, from_ms: int, to_ms: int) -> list[Window]:
    """Return the windows that start in [from_ms, to_ms). One that is as long as a pane is that pane."""
    if span.size_ms == span.step_ms == _LENGTHS_MS[span.unit]:
        return [window_of(pane) for pane in panes if from_ms <= pane.start_ms < to_ms]
    # Hours are counted from midnight: where a zone is half an hour off, its windows of hours are, too.
    offset_ms = panes[0].start_ms % _LENGTHS_MS[span.unit] if panes else 0
    windows = compose_windows(
        [_moved(pane, -offset_ms) for pane in panes],
        size_ms=span.size_ms,
        step_ms=span.step_ms,
        from_ms=from_ms - offset_ms,
        to_ms=to_ms - offset_ms,
    )
    return [_moved(window, offset_ms) for window in windows]


def _moved(stretch: Stretch, by_ms: int) -> Stretch:
    if by_ms == 0:
        return stretch
    return msgspec.structs.replace(stretch, start_ms=stretch.start_ms + by_ms, end_ms=stretch.end_ms + by_ms)


def _check_span(from_ms: int, to_ms: int, step_ms: int) -> None:
    if to_ms <= from_ms:
        raise bad_request(f"from: {from_ms} is not before to, {to_ms} (ms since 1970)")
    asked = -((from_ms - to_ms) // step_ms)
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


def _read_time(name: str, text: str) -> int:
    if _EPOCH_MS.fullmatch(text):
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad_request(
            f"{name}: {shown(text)} is neither ISO 8601, such as 2026-01-31T08:30:00Z, nor ms since 1970 "
            "(in a URL, write the + of an offset as %2B)"
        ) from error
    if moment.tzinfo is None:
        raise bad_request(f"{name}: {shown(text)} says no offset from UTC: add Z, or one such as %2B02:00")
    return round(moment.timestamp() * 1000)


HANDLERS: Final = (list_vehicles, list_own_vehicles, get_vehicle, get_windows)
