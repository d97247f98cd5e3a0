"""`/api/vehicles`: where every vehicle is, what became of its positions, and its minutes put into windows."""

import re
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from fleet_app.domain.vehicle import Fix, Vehicle
from fleet_app.domain.windows import PANE_MS, Window, compose_windows
from fleet_app.web.answers import answers
from fleet_app.web.paging import Cursor, LocalPage, Page, decode_cursor
from fleet_app.web.problems import Code, bad_request, not_found, shown
from fleet_app.web.reader import HttpRequest, Injected, Reader, decode_segment
from tables.vehicles import VEHICLES

MOST_WINDOWS: Final = 1_440
LONGEST_WINDOW_MS: Final = 1_440 * PANE_MS
DEFAULT_SPAN_MS: Final = 60 * PANE_MS
_UNITS_MS: Final = {"m": PANE_MS, "h": 60 * PANE_MS, "d": 1_440 * PANE_MS}
_DURATION: Final = re.compile(r"([1-9][0-9]{0,5})([mhd])", re.ASCII)
_EPOCH_MS: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)

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
        size_ms: How long a window is.
        step_ms: From one window's start to the next; below `size_ms` they overlap.
        from_ms: Start of the asked span, event time.
        to_ms: End of the asked span, event time.
        newest_ms: Event time of the newest accepted fix: what is later is not known yet.
        age_s: Seconds since that fix was taken, by the device's clock.
        items: The windows, oldest first.
    """

    vehicle_id: str
    size_ms: int
    step_ms: int
    from_ms: int
    to_ms: int
    newest_ms: int | None
    age_s: float | None
    items: list[Window]


def _view(now_ms: int, _key: str, vehicle: Vehicle) -> VehicleView:
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
        render=partial(_view, reader.now_ms()),
    )
    return Response(page)


@get("/internal/vehicles", tags=["between workers"], summary="This worker's part of a page of vehicles")
async def list_own_vehicles(
    reader: Injected, limit: Limit, after: Annotated[str | None, QueryParameter()] = None
) -> Response[LocalPage]:
    """Answer another worker that merges the parts."""
    page = await reader.scan_here(VEHICLES, after=after, limit=limit, render=partial(_view, reader.now_ms()))
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
        return _view(reader.now_ms(), key, _known(reader, key))

    return await reader.at_owner(request, key, ("api", "vehicles", key), answer)


@get(
    "/api/vehicles/{vehicle_id:str}/windows",
    tags=["vehicles"],
    summary="A vehicle's last day of minutes, put together into tumbling, hopping or sliding windows",
    responses=answers(WindowsView, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_windows(  # noqa: PLR0913 - one per parameter of the query
    *,
    reader: Injected,
    vehicle_id: FromPath[str],
    request: HttpRequest,
    size: Annotated[str, QueryParameter(description="Whole minutes, as in `1m`, `5m`, `1h`; at most a day.")] = "1m",
    step: Annotated[str | None, QueryParameter(description="From start to start; default: the size.")] = None,
    since: Annotated[
        str | None, QueryParameter(name="from", description="ISO 8601 or ms since 1970; default: an hour before `to`.")
    ] = None,
    until: Annotated[
        str | None, QueryParameter(name="to", description="ISO 8601 or ms since 1970; default: the newest fix.")
    ] = None,
) -> Response[WindowsView]:
    """Answer from the owner of the vehicle's partition."""
    key = decode_segment(vehicle_id)
    asked = _read_span(size=size, step=step, since=since, until=until)

    def answer() -> WindowsView:
        return _windows(_known(reader, key), asked, reader.now_ms())

    return await reader.at_owner(request, key, ("api", "vehicles", key, "windows"), answer)


def _known(reader: Reader, key: str) -> Vehicle:
    vehicle = reader.value(VEHICLES, key)
    if vehicle is None:
        raise not_found(Code.UNKNOWN_VEHICLE, f"no position of a vehicle {shown(key)} has come in")
    return vehicle


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Which windows are asked for. `from_ms` and `to_ms` are None where the newest fix decides."""

    size_ms: int
    step_ms: int
    from_ms: int | None
    to_ms: int | None


def _read_span(*, size: str, step: str | None, since: str | None, until: str | None) -> Span:
    """Read the query of a windows request.

    Raises:
        ApiError: 400, naming the parameter, its value and what it may be.
    """
    size_ms = _read_duration("size", size)
    step_ms = size_ms if step is None else _read_duration("step", step)
    from_ms = None if since is None else _read_time("from", since)
    to_ms = None if until is None else _read_time("to", until)
    return Span(size_ms=size_ms, step_ms=step_ms, from_ms=from_ms, to_ms=to_ms)


def _windows(vehicle: Vehicle, span: Span, now_ms: int) -> WindowsView:
    newest_ms = None if vehicle.last is None else vehicle.last.time_ms
    to_ms = span.to_ms if span.to_ms is not None else (now_ms if newest_ms is None else newest_ms + 1)
    from_ms = span.from_ms if span.from_ms is not None else to_ms - DEFAULT_SPAN_MS
    _check_span(from_ms, to_ms, span.step_ms)
    return WindowsView(
        vehicle_id=vehicle.vehicle_id,
        size_ms=span.size_ms,
        step_ms=span.step_ms,
        from_ms=from_ms,
        to_ms=to_ms,
        newest_ms=newest_ms,
        age_s=_age_s(vehicle, now_ms),
        items=compose_windows(vehicle.panes, size_ms=span.size_ms, step_ms=span.step_ms, from_ms=from_ms, to_ms=to_ms),
    )


def _check_span(from_ms: int, to_ms: int, step_ms: int) -> None:
    if to_ms <= from_ms:
        raise bad_request(f"from: {from_ms} is not before to, {to_ms} (ms since 1970)")
    asked = -((from_ms - to_ms) // step_ms)
    if asked > MOST_WINDOWS:
        raise bad_request(
            f"from, to and step ask for {asked} windows, at most {MOST_WINDOWS} are answered: choose a shorter span "
            "or a larger step"
        )


def _read_duration(name: str, text: str) -> int:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise bad_request(f"{name}: {shown(text)} is not a number of whole minutes such as 1m, 5m, 1h or 1d")
    duration_ms = int(match[1]) * _UNITS_MS[match[2]]
    if duration_ms > LONGEST_WINDOW_MS:
        raise bad_request(f"{name}: {shown(text)} is longer than a day, which is what is kept of a vehicle")
    return duration_ms


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
