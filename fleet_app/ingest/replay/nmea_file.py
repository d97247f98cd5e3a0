"""NMEA 0183 logs: one sentence a line; those of the same moment make one position."""

from collections.abc import Iterator
from typing import Final

from fleet_app.domain.position import Position
from fleet_app.errors import InputError
from fleet_app.ingest.replay.nmea_sentences import Moment, read_sentence
from fleet_app.ingest.replay.recording import DAMAGE, BadRow, BadRowError, Options, Source, damaged
from fleet_app.ingest.replay.values import read_vehicle_id

ATTRIBUTES: Final = ("hdop", "satellites", "quality")
"""What can be carried along, all from GGA: dilution of precision, satellites used, kind of fix."""

_DAY_MS: Final = 86_400_000
_LINE_LIMIT: Final = 4_096
"""Longer lines are read in pieces: a file that is not a log may have no line ends at all."""


class NmeaRecording:
    """An NMEA 0183 log of one receiver.

    Args:
        source: The file.
        options: What is said about it.

    Raises:
        InputError: The options name columns, or attributes there are not; or the file's name cannot be a vehicle's.
    """

    def __init__(self, source: Source, options: Options) -> None:
        if options.mapping:
            raise InputError("--map names columns, and NMEA has none")
        unknown = [name for name in options.attributes if name not in ATTRIBUTES]
        if unknown:
            raise InputError(f"no attribute {unknown[0]!r}; NMEA has {', '.join(ATTRIBUTES)}")
        self._source = source
        self._attributes = options.attributes
        self._vehicle_id = options.vehicle_id or _vehicle_by_name(source.name.stem)
        self._line = 0

    def describe(self) -> str:
        """Say whose positions are read, and what is carried along."""
        return ", ".join([f"vehicle_id ← {self._vehicle_id}", *(f"attribute {name}" for name in self._attributes)])

    @property
    def bytes_read(self) -> int:
        """How much of the file has been read."""
        return self._source.bytes_read

    def rows(self) -> Iterator[Position | BadRow]:
        """Return what the sentences of each moment say, and each sentence that cannot be read, in file order.

        Moments without a fix are left out.

        Raises:
            InputError: The file is damaged; what was before that has been returned.
        """
        calendar = _Calendar()
        moment, began = Moment(sentences=set()), 0
        for line in self._lines():
            try:
                said = read_sentence(line)
            except BadRowError as error:
                yield BadRow(f"line {self._line}", str(error))
                continue
            if said is None:
                continue
            if moment.goes_on_with(said):
                moment.add(said)
                continue
            yield from self._row(moment, calendar, began)
            moment, began = said, self._line
        yield from self._row(moment, calendar, began)

    def _row(self, moment: Moment, calendar: "_Calendar", line: int) -> Iterator[Position | BadRow]:
        time_ms = calendar.time_ms(moment)
        if not moment.has_fix or moment.lat is None or moment.lon is None:
            return
        if time_ms is None:
            yield BadRow(f"line {line}", "its day is not known: neither RMC nor ZDA has told one yet")
            return
        yield Position(
            vehicle_id=self._vehicle_id,
            time_ms=time_ms,
            lat=moment.lat,
            lon=moment.lon,
            speed_mps=moment.speed_mps,
            heading_deg=moment.heading_deg,
            altitude_m=moment.altitude_m,
            attributes=_carried(moment, self._attributes),
        )

    def _lines(self) -> Iterator[str]:
        """Return line by line, with every byte a character."""
        try:
            self._line = 1
            while line := self._source.plain.readline(_LINE_LIMIT):
                yield line.decode("latin-1")
                self._line += line.endswith(b"\n")
        except DAMAGE as error:
            raise damaged(f"after line {self._line}", error) from error


class _Calendar:
    """Knows the day between the sentences that tell it. A clock that goes back by half a day has passed midnight."""

    def __init__(self) -> None:
        self._day_ms: int | None = None
        self._time_of_day_ms = 0

    def time_ms(self, moment: Moment) -> int | None:
        """Return when a moment is, ms since 1970; None if no day is known. Moments come in the order of the log."""
        if moment.time_of_day_ms is None:
            return None
        if moment.day_ms is not None:
            self._day_ms = moment.day_ms
        elif self._day_ms is not None and moment.time_of_day_ms < self._time_of_day_ms - _DAY_MS // 2:
            self._day_ms += _DAY_MS
        self._time_of_day_ms = moment.time_of_day_ms
        return None if self._day_ms is None else self._day_ms + moment.time_of_day_ms


def _carried(moment: Moment, names: tuple[str, ...]) -> dict[str, str | float | bool | None] | None:
    return {name: getattr(moment, name) for name in names if getattr(moment, name) is not None} or None


def _vehicle_by_name(stem: str) -> str:
    try:
        return read_vehicle_id(stem)
    except ValueError as error:
        raise InputError(f"its name {stem!r} {error}; name the vehicle with --vehicle ID") from error
