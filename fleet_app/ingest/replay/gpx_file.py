"""GPX 1.0 and 1.1, read as a stream whatever namespaces it uses.

A document type declaration is refused: GPX has none, and entities that expand to gigabytes need one.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeVar
from xml.parsers import expat

from fleet_app.domain.position import Position
from fleet_app.errors import InputError
from fleet_app.ingest.replay.recording import DAMAGE, BadRow, BadRowError, Options, Source, damaged
from fleet_app.ingest.replay.times import read_time_ms
from fleet_app.ingest.replay.values import METRES_PER_SECOND, read_number, read_vehicle_id

_CHUNK_BYTES: Final = 1 << 16
_TEXT_LIMIT: Final = 1_000
"""Characters of an element that are kept; no value worth reading is longer."""

_POINTS: Final = frozenset({"trkpt", "rtept", "wpt"})
_LINES: Final = frozenset({"trk", "rte"})

_HEADINGS: Final = ("course", "bearing", "heading")
_READ: Final = frozenset({"time", "ele", "geoidheight", "speed", "accuracy", *_HEADINGS})

T = TypeVar("T")


class GpxRecording:
    """A GPX file: points of tracks, and those of routes and waypoints that have a time.

    Args:
        source: The file.
        options: What is said about it.

    Raises:
        InputError: Columns are mapped, and it has none.
    """

    def __init__(self, source: Source, options: Options) -> None:
        if options.mapping:
            raise InputError("--map names columns, and GPX has none")
        self._source = source
        self._options = options

    def describe(self) -> str:
        """Say whose positions are read, and what is carried along where it is there."""
        vehicle = self._options.vehicle_id or f"the track's name, else {self._source.name.stem}"
        return ", ".join([f"vehicle_id ← {vehicle}", *(f"attribute {name}" for name in self._options.attributes)])

    @property
    def bytes_read(self) -> int:
        """How much of the file has been read."""
        return self._source.bytes_read

    def rows(self) -> Iterator[Position | BadRow]:
        """Return what each point says, in file order.

        Raises:
            InputError: The file is damaged or no GPX; what was before that has been returned.
        """
        points = _Points(self._options, self._source.name.stem)
        while not points.complete:
            problem = self._read_on(points)
            yield from points.take()
            if problem is not None:
                raise problem

    def _read_on(self, points: "_Points") -> InputError | None:
        """Read some more of the file; return what keeps it from being read any further."""
        try:
            points.feed(self._source.plain.read(_CHUNK_BYTES))
        except InputError as error:
            return error
        # An encoding that expat does not know is a LookupError or a ValueError.
        except (expat.ExpatError, LookupError, ValueError, *DAMAGE) as error:
            return damaged(f"after line {points.line}", error)
        return None


class _Points:
    """Collects the points of a document that is fed to it piece by piece."""

    def __init__(self, options: Options, stem: str) -> None:
        self.complete = False
        self._options = options
        self._stem = stem
        self._wanted = _READ | {*options.attributes}
        self._mps = METRES_PER_SECOND[options.speed_unit]
        self._rows: list[Position | BadRow] = []
        self._path: list[str] = []
        self._text = ""
        self._line_name = ""
        self._point: dict[str, str] | None = None
        self._point_line = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._add_text

    @property
    def line(self) -> int:
        """The line that has been read to."""
        return self._parser.CurrentLineNumber

    def feed(self, data: bytes) -> None:
        """Read the next piece; the one after the last is empty."""
        self._parser.Parse(data, not data)
        self.complete = not data

    def take(self) -> list[Position | BadRow]:
        """Return what each point since the last time says."""
        rows, self._rows = self._rows, []
        return rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = _local(name)
        if not self._path and element != "gpx":
            raise InputError(f"it is no GPX file: it starts with <{name}>")
        self._path.append(element)
        self._text = ""
        if element in _POINTS:
            self._point = attributes
            self._point_line = self.line

    def _add_text(self, text: str) -> None:
        self._text = (self._text + text)[:_TEXT_LIMIT]

    def _end(self, _name: str) -> None:
        element = self._path.pop()
        text, self._text = self._text.strip(), ""
        if self._point is None:
            if element == "name" and _LINES.intersection(self._path[-1:]):
                self._line_name = text
        elif element in _POINTS:
            self._finish(element, self._point)
            self._point = None
        elif element in self._wanted and text:
            self._point.setdefault(element, text)
        if element in _LINES:
            self._line_name = ""

    def _finish(self, element: str, point: dict[str, str]) -> None:
        if element != "trkpt" and "time" not in point:
            # Somewhere to go, not somewhere the vehicle was.
            return
        try:
            self._rows.append(self._position(point))
        except BadRowError as error:
            self._rows.append(BadRow(f"line {self._point_line}", str(error)))

    def _position(self, point: dict[str, str]) -> Position:
        return Position(
            vehicle_id=self._options.vehicle_id or _value(self._line_name or self._stem, "track", read_vehicle_id),
            time_ms=_needed(point, "time", lambda text: read_time_ms(text, self._options.zone)),
            lat=_needed(point, "lat", read_number),
            lon=_needed(point, "lon", read_number),
            speed_mps=_optional(point, "speed", lambda text: read_number(text) * self._mps),
            heading_deg=next((_optional(point, name, read_number) for name in _HEADINGS if name in point), None),
            accuracy_m=_optional(point, "accuracy", read_number),
            altitude_m=_altitude_m(point),
            attributes={name: point[name] for name in self._options.attributes if name in point} or None,
        )


def _refuse_doctype(*_: object) -> None:
    raise InputError("it has a document type declaration (<!DOCTYPE …>), which GPX does not use: remove it")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _altitude_m(point: dict[str, str]) -> float | None:
    """Return the height above the ellipsoid, as far as the file tells how high the sea is there."""
    elevation_m = _optional(point, "ele", read_number)
    return None if elevation_m is None else elevation_m + (_optional(point, "geoidheight", read_number) or 0.0)


def _needed(point: dict[str, str], name: str, read: Callable[[str], T]) -> T:
    if name not in point:
        raise BadRowError(f"{name} is missing")
    return _value(point[name], name, read)


def _optional(point: dict[str, str], name: str, read: Callable[[str], T]) -> T | None:
    return _value(point[name], name, read) if name in point else None


def _value(text: str, name: str, read: Callable[[str], T]) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise BadRowError(f"{name} {text!r} {error}") from error
