"""Profiles as a table for spreadsheets: one vehicle a line, speeds in km/h, times in ISO 8601.

A list stands in one cell, its entries separated by semicolons; a device may be followed by `@`, the time from which on
it is in the vehicle, and, after a slash, the time until which it is: `phone-7@2026-01-31T12:00:00Z/2026-03-01T00:00Z`.
A backslash before `;`, `@` or another backslash takes its meaning away.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, get_type_hints

import msgspec

from fleet_app.domain.profiles.profile import DeviceSpan, RuleOverrides, VehicleProfile
from fleet_app.errors import InputError

DELIMITERS: Final = (",", ";", "\t")
_KMH: Final = Decimal("3.6")
"""In one metre per second."""
_MOST_DIGITS: Final = 20
_FORMULA_STARTS: Final = tuple("=+-@'\uff1d\uff0b\uff0d\uff20")
"""What spreadsheets take for a formula, wide forms included, and the apostrophe that tells them not to."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MARK: Final = re.compile(r"[;@\\]")
_ESCAPED_MARK: Final = re.compile(r"\\([;@\\])")
_ENTRY: Final = re.compile(r"(?:\\.|[^;\\]|\\\Z)+", re.DOTALL)
_DEVICE: Final = re.compile(r"((?:\\.|[^@\\]|\\\Z)+)(?:@(.*))?", re.DOTALL)
_NUMBER: Final = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+|,(?![0-9]{3}\Z)[0-9]+)?")
"""Digits, with a decimal point or comma; not a comma before three digits, which may have been meant for thousands."""


class ProfileRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a line says of a vehicle. Columns that the file has not got say nothing.

    Attributes:
        line: Where it begins in the file, from 1.
        vehicle_id: The vehicle.
        told: Fields of the profile; an empty cell tells the default.
        overrides: Fields of its overrides.
    """

    line: int
    vehicle_id: str
    told: Mapping[str, Any]
    overrides: Mapping[str, Any]


class BadLine(msgspec.Struct, frozen=True):
    """A line that says nothing that can be used: where it is, and a sentence that names the column and the value."""

    line: int
    problem: str


class _Column(msgspec.Struct, frozen=True):
    """A column: its header, the field behind it, and how a cell is read and written."""

    header: str
    field: str
    read: Callable[[str], object]
    write: Callable[[Any], str]


def merged(row: ProfileRow, before: VehicleProfile | None) -> VehicleProfile:
    """Return a vehicle's profile after what a line says of it."""
    profile = before or VehicleProfile(vehicle_id=row.vehicle_id)
    overrides = msgspec.structs.replace(profile.overrides, **row.overrides)
    return msgspec.structs.replace(profile, overrides=overrides, **row.told)


def read_profiles(content: bytes) -> list[ProfileRow | BadLine]:
    """Return what each line of a file says, in its order. Empty lines say nothing.

    Args:
        content: The file: UTF-8 with or without a byte order mark, else Windows-1252; cells are separated by commas,
            semicolons or tabs.

    Raises:
        InputError: It cannot be read as a whole: the header says which columns there are, or the text is no CSV.
    """
    text = _decoded(content)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows: list[ProfileRow | BadLine] = []
    first_lines: dict[str, int] = {}
    try:
        header = next(lines, [])
        of_profile, of_overrides = _places(header)
        line = lines.line_num + 1
        for cells in lines:
            if any(cells):
                row = _row(line, cells, len(header), of_profile, of_overrides)
                rows.append(_unless_repeated(row, first_lines) if isinstance(row, ProfileRow) else row)
            line = lines.line_num + 1
    except csv.Error as error:
        raise InputError(f"line {lines.line_num} is no CSV: {error}") from error
    return rows


def write_profiles(profiles: Iterable[VehicleProfile]) -> str:
    """Return profiles as CSV with commas, a header first. Revisions are left out."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow([column.header for column in _COLUMNS])
    lines.writerows(_cells(profile) for profile in profiles)
    return text.getvalue()


def _cells(profile: VehicleProfile) -> Iterator[str]:
    for column in _OF_PROFILE:
        yield _harmless(column.write(getattr(profile, column.field)))
    for column in _OF_OVERRIDES:
        yield column.write(getattr(profile.overrides, column.field))


# --- the file


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"line {line} is neither UTF-8 nor Windows-1252: save the file as UTF-8") from error


def _delimiter(text: str) -> str:
    """Return what separates the cells of the first line: whatever is found there most often."""
    header = text.lstrip("\r\n").partition("\n")[0]
    return max(DELIMITERS, key=header.count)


_Places = list[tuple[int, _Column]]


def _places(header: list[str]) -> tuple[_Places, _Places]:
    """Return where the columns of the profile and of its overrides are.

    Raises:
        InputError: One is not known, or is there twice, or there is none that tells the vehicle.
    """
    headers = [cell.strip().lower() for cell in header]
    known = [column.header for column in _COLUMNS]
    problems = [f"column {name!r} is not known" for name in headers if name not in known]
    problems += [f"column {name!r} is there {headers.count(name)} times" for name in known if headers.count(name) > 1]
    problems += ["there is no column 'vehicle_id'"] * ("vehicle_id" not in headers)
    if problems:
        raise InputError(f"line 1: {'; '.join(problems)}. Columns: {', '.join(known)}")
    return _found(headers, _OF_PROFILE), _found(headers, _OF_OVERRIDES)


def _found(headers: list[str], columns: Iterable[_Column]) -> _Places:
    return [(headers.index(column.header), column) for column in columns if column.header in headers]


def _row(
    line: int, cells: list[str], expected: int, of_profile: _Places, of_overrides: _Places
) -> ProfileRow | BadLine:
    if len(cells) != expected:
        return BadLine(line, f"it has {len(cells)} cells, the header has {expected}")
    try:
        told = _read(cells, of_profile, VehicleProfile)
        overrides = _read(cells, of_overrides, RuleOverrides)
    except ValueError as error:
        return BadLine(line, str(error))
    return ProfileRow(line=line, vehicle_id=told["vehicle_id"], told=told, overrides=overrides)


def _read(cells: list[str], places: _Places, of: type[VehicleProfile | RuleOverrides]) -> dict[str, Any]:
    """Return the fields that cells tell.

    Raises:
        ValueError: One tells nothing that can be; the message names column and value.
    """
    told = {}
    for place, column in places:
        cell = _unmarked(cells[place].strip())
        try:
            told[column.field] = msgspec.convert(column.read(cell), _TYPES[of][column.field])
        except (ValueError, msgspec.ValidationError) as error:
            raise ValueError(f"column {column.header}, {cell!r}: {error}") from error
    return told


def _unless_repeated(row: ProfileRow, first_lines: dict[str, int]) -> ProfileRow | BadLine:
    first = first_lines.setdefault(row.vehicle_id, row.line)
    if first != row.line:
        return BadLine(row.line, f"column vehicle_id, {row.vehicle_id!r}: line {first} tells of this vehicle already")
    return row


# --- cells


def _harmless(text: str) -> str:
    """Return a text as no spreadsheet takes it for a formula: with an apostrophe before it."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _unmarked(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS) else cell


def _text_or_none(cell: str) -> str | None:
    return cell or None


def _text_or_nothing(value: str | None) -> str:
    return value or ""


def _same(text: str) -> str:
    return text


def _read_tenant(cell: str) -> str:
    return cell or "default"


def _read_number(cell: str) -> float | None:
    number = _decimal(cell)
    return None if number is None else float(number)


def _write_number(value: float | None) -> str:
    return "" if value is None else f"{Decimal(repr(value)):f}".removesuffix(".0")


def _read_kmh(cell: str) -> float | None:
    """Return m/s."""
    number = _decimal(cell)
    return None if number is None else float(number / _KMH)


def _write_kmh(mps: float | None) -> str:
    """Return km/h with as few digits as lead back to the very same m/s."""
    if mps is None:
        return ""
    kmh = Decimal(mps) * _KMH
    texts = (f"{kmh:.{digits}g}" for digits in range(3, _MOST_DIGITS))
    return next(plain for text in texts if _read_kmh(plain := f"{Decimal(text).normalize():f}") == mps)


def _decimal(cell: str) -> Decimal | None:
    if not cell:
        return None
    if not _NUMBER.fullmatch(cell):
        raise ValueError("is not a number: digits, and a decimal point or comma")
    return Decimal(cell.replace(",", "."))


def _read_list(cell: str) -> list[str]:
    """Return the entries of a list, still escaped; empty ones are none."""
    return [entry.strip() for entry in _ENTRY.findall(cell) if entry.strip()]


def _read_tags(cell: str) -> tuple[str, ...]:
    return tuple(map(_unescaped, _read_list(cell)))


def _write_tags(tags: Iterable[str]) -> str:
    return ";".join(map(_escaped, tags))


def _read_devices(cell: str) -> list[dict[str, object]]:
    return [*map(_read_device, _read_list(cell))]


def _read_device(entry: str) -> dict[str, object]:
    """Return the fields of a span, not yet judged."""
    found = _DEVICE.fullmatch(entry)
    if found is None:
        raise ValueError(f"{entry!r} is no device, as phone-7@2026-01-31T12:00:00Z for example")
    since, _, until = (found[2] or "").partition("/")
    return {
        "device_id": _unescaped(found[1].strip()),
        "from_ms": _read_instant(since) if since.strip() else 0,
        "until_ms": _read_instant(until) if until.strip() else None,
    }


def _write_devices(spans: Iterable[DeviceSpan]) -> str:
    return ";".join(map(_write_device, spans))


def _write_device(span: DeviceSpan) -> str:
    since = _write_instant(span.from_ms) if span.from_ms else ""
    until = "" if span.until_ms is None else f"/{_write_instant(span.until_ms)}"
    return _escaped(span.device_id) + (f"@{since}{until}" if since or until else "")


def _read_instant(text: str) -> int:
    """Return the ms since 1970 of a time in ISO 8601, UTC if it has no offset."""
    try:
        moment = datetime.fromisoformat(text.strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text.strip()!r} is no time in ISO 8601, as 2026-01-31T12:00:00Z") from error


def _write_instant(time_ms: int) -> str:
    moment = _EPOCH + timedelta(milliseconds=time_ms)
    return moment.isoformat(timespec="milliseconds" if time_ms % 1_000 else "seconds").removesuffix("+00:00") + "Z"


def _escaped(text: str) -> str:
    return _MARK.sub(r"\\\g<0>", text)


def _unescaped(text: str) -> str:
    return _ESCAPED_MARK.sub(r"\1", text)


_OF_PROFILE: Final = (
    _Column("vehicle_id", "vehicle_id", _same, _same),
    _Column("vehicle_class", "vehicle_class", _text_or_none, _text_or_nothing),
    _Column("name", "name", _text_or_none, _text_or_nothing),
    _Column("plate", "plate", _text_or_none, _text_or_nothing),
    _Column("driver", "driver", _text_or_none, _text_or_nothing),
    _Column("group", "group", _text_or_none, _text_or_nothing),
    _Column("tags", "tags", _read_tags, _write_tags),
    _Column("tenant", "tenant", _read_tenant, _same),
    _Column("device_ids", "devices", _read_devices, _write_devices),
    _Column("max_speed_kmh", "max_speed_mps", _read_kmh, _write_kmh),
    _Column("fuel_type", "fuel_type", _text_or_none, _text_or_nothing),
)
_OF_OVERRIDES: Final = (
    _Column("speed_limit_kmh", "speed_limit_mps", _read_kmh, _write_kmh),
    _Column("overspeed_told_s", "overspeed_told_s", _read_number, _write_number),
    _Column("idle_told_s", "idle_told_s", _read_number, _write_number),
    _Column("max_accuracy_m", "max_accuracy_m", _read_number, _write_number),
)
_COLUMNS: Final = (*_OF_PROFILE, *_OF_OVERRIDES)
COLUMNS: Final = tuple(column.header for column in _COLUMNS)
_TYPES: Final[Mapping[type[VehicleProfile | RuleOverrides], Mapping[str, Any]]] = {
    of: get_type_hints(of, include_extras=True) for of in (VehicleProfile, RuleOverrides)
}
