"""What the sentences of NMEA 0183 say: RMC, GGA, VTG and ZDA.

The checksum of every sentence is verified, because a damaged one may have been one of these; a sentence without a
checksum is taken at its word. The parsers there are drop such a sentence, or an unreadable time in it, without a
word, but a file that is replayed has to add up.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import reduce
from operator import xor
from typing import Final, TypeVar

import msgspec

from fleet_app.ingest.replay.recording import BadRowError
from fleet_app.ingest.replay.values import METRES_PER_SECOND, SpeedUnit, read_number

_CENTURY_FROM: Final = 80
"""GPS time begins in 1980: of years with two digits, those from here on are of the last century."""

_SENTENCE: Final = re.compile(r"\$([^$*\r\n]*)(?:\*([0-9A-Fa-f]{2}))?")
_TIME: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2}(?:\.[0-9]*)?)")
_DATE: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2}|[0-9]{4})")
_ANGLE: Final = re.compile(r"([0-9]{1,3}?)([0-9]{2}(?:\.[0-9]*)?)")

_NO_TIME: Final = "is not a time: hhmmss.sss"
_NO_DATE: Final = "is not a date: ddmmyy"

_NAME_LENGTH: Final = 5
"""Two characters for who talks, three for what about; proprietary sentences are longer or shorter."""

_OF_NO_INTEREST: Final = ("#", "!")
"""How comments begin, and what ships say about themselves."""

T = TypeVar("T")


class Moment(msgspec.Struct, kw_only=True):
    """What sentences say about one moment; None is what they do not say.

    Attributes:
        sentences: Their names.
        time_of_day_ms: Since midnight, UTC.
        day_ms: The midnight before, ms since 1970.
        has_fix: Whether the receiver vouches for the position.
    """

    sentences: set[str]
    time_of_day_ms: int | None = None
    day_ms: int | None = None
    has_fix: bool | None = None
    lat: float | None = None
    lon: float | None = None
    speed_mps: float | None = None
    heading_deg: float | None = None
    altitude_m: float | None = None
    hdop: float | None = None
    satellites: float | None = None
    quality: float | None = None

    def goes_on_with(self, other: "Moment") -> bool:
        """Return whether a sentence is about the same moment; a second one of the same name begins the next."""
        if other.time_of_day_ms is None:
            return True
        return other.time_of_day_ms == self.time_of_day_ms and self.sentences.isdisjoint(other.sentences)

    def add(self, other: "Moment") -> None:
        """Take over what another sentence of the same moment adds. One without a fix takes the fix away."""
        self.sentences |= other.sentences
        if other.has_fix is False:
            self.has_fix = False
        for name in self.__struct_fields__:
            if getattr(self, name) is None:
                setattr(self, name, getattr(other, name))


def read_sentence(line: str) -> Moment | None:
    """Return what a line says: None if it is empty, a comment, or a sentence of another kind.

    What stands before the sentence, as loggers that note the time of arrival write it, does not matter.

    Raises:
        BadRowError: It is no sentence, its checksum is wrong, or a value in it cannot be read.
    """
    sentence = _SENTENCE.search(line)
    if sentence is None:
        if line.strip() and not line.startswith(_OF_NO_INTEREST):
            raise BadRowError(f"{_shown(line)} is no sentence: those begin with $")
        return None
    content, checksum = sentence.groups()
    if checksum is not None and int(checksum, 16) != _checksum(content):
        raise BadRowError(f"{_shown(line)} has the checksum {checksum}, its content {_checksum(content):02X}")
    name, *values = content.split(",")
    read = _READERS.get(name[-3:]) if len(name) == _NAME_LENGTH else None
    return None if read is None else read(_Values(name, values))


class _Values:
    """The values of a sentence by their place, from 0 after its name. Places that an older device lacks are empty."""

    def __init__(self, name: str, values: list[str]) -> None:
        self.name = name
        self._values = values

    def text(self, place: int) -> str:
        return self._values[place].strip() if place < len(self._values) else ""

    def needed(self, what: str, place: int, read: Callable[[str], T]) -> T:
        return self.read(what, self.text(place), read)

    def optional(self, what: str, place: int, read: Callable[[str], T]) -> T | None:
        return self.needed(what, place, read) if self.text(place) else None

    def read(self, what: str, text: str, read: Callable[[str], T]) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise BadRowError(f"{self.name}: {what} {text!r} {error if text else 'is empty'}") from error


def _read_rmc(values: _Values) -> Moment:
    """Read time, status, latitude, N/S, longitude, E/W, knots, course, date."""
    if values.text(1) != "A":
        return Moment(
            sentences={values.name}, time_of_day_ms=values.optional("time", 0, _time_of_day_ms), has_fix=False
        )
    return Moment(
        sentences={values.name},
        time_of_day_ms=values.needed("time", 0, _time_of_day_ms),
        day_ms=values.optional("date", 8, _day_ms),
        has_fix=True,
        lat=_angle(values, "latitude", 2, "NS"),
        lon=_angle(values, "longitude", 4, "EW"),
        speed_mps=values.optional("speed", 6, _knots_as_mps),
        heading_deg=values.optional("course", 7, read_number),
    )


def _read_gga(values: _Values) -> Moment:
    """Read time, latitude, N/S, longitude, E/W, quality, satellites, HDOP, altitude, M, height of the geoid, M."""
    quality = values.optional("quality", 5, read_number)
    if not quality:
        return Moment(
            sentences={values.name}, time_of_day_ms=values.optional("time", 0, _time_of_day_ms), has_fix=False
        )
    above_sea_m = values.optional("altitude", 8, read_number)
    geoid_m = values.optional("height of the geoid", 10, read_number) or 0.0
    return Moment(
        sentences={values.name},
        time_of_day_ms=values.needed("time", 0, _time_of_day_ms),
        has_fix=True,
        lat=_angle(values, "latitude", 1, "NS"),
        lon=_angle(values, "longitude", 3, "EW"),
        altitude_m=None if above_sea_m is None else above_sea_m + geoid_m,
        hdop=values.optional("HDOP", 7, read_number),
        satellites=values.optional("satellites", 6, read_number),
        quality=quality,
    )


def _read_vtg(values: _Values) -> Moment:
    """Read course, T, magnetic course, M, knots, N, km/h, K."""
    return Moment(
        sentences={values.name},
        heading_deg=values.optional("course", 0, read_number),
        speed_mps=values.optional("speed", 4, _knots_as_mps),
    )


def _read_zda(values: _Values) -> Moment:
    """Read time, day, month, year."""
    if not values.text(3):
        return Moment(sentences={values.name})
    date = values.text(1).zfill(2) + values.text(2).zfill(2) + values.text(3)
    return Moment(
        sentences={values.name},
        time_of_day_ms=values.needed("time", 0, _time_of_day_ms),
        day_ms=values.read("date", date, _day_ms),
    )


_READERS: Final = {"RMC": _read_rmc, "GGA": _read_gga, "VTG": _read_vtg, "ZDA": _read_zda}


def _checksum(content: str) -> int:
    return reduce(xor, content.encode("latin-1"), 0)


def _shown(line: str) -> str:
    return repr(line.strip()[:80])


def _time_of_day_ms(text: str) -> int:
    parts = _TIME.fullmatch(text)
    if parts is None:
        raise ValueError(_NO_TIME)
    hours, minutes, seconds = int(parts[1]), int(parts[2]), float(parts[3])
    # A leap second is number 60.
    if hours >= 24 or minutes >= 60 or seconds >= 61:  # noqa: PLR2004 - the clock's own numbers
        raise ValueError(_NO_TIME)
    return (hours * 60 + minutes) * 60_000 + round(seconds * 1_000)


def _day_ms(text: str) -> int:
    parts = _DATE.fullmatch(text)
    if parts is None:
        raise ValueError(_NO_DATE)
    day, month, year = (int(part) for part in parts.groups())
    if len(parts[3]) == len("yy"):
        year += 1_900 if year >= _CENTURY_FROM else 2_000
    try:
        return round(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1_000
    except ValueError as error:
        raise ValueError(_NO_DATE) from error


def _angle(values: _Values, what: str, place: int, sides: str) -> float:
    """Return degrees from degrees and minutes and the letter of the side, which stands after them."""
    angle = values.needed(what, place, _degrees)
    side = values.text(place + 1)
    if side not in tuple(sides):
        raise BadRowError(f"{what} is neither {' nor '.join(sides)} but {side!r}")
    return angle if side == sides[0] else -angle


def _degrees(text: str) -> float:
    parts = _ANGLE.fullmatch(text)
    # Sixty minutes are written where 59.99999 was rounded.
    if parts is None or float(parts[2]) > 60:  # noqa: PLR2004 - minutes of a degree
        raise ValueError("is not in degrees and minutes: dddmm.mmm")
    return int(parts[1]) + float(parts[2]) / 60


def _knots_as_mps(text: str) -> float:
    return read_number(text) * METRES_PER_SECOND[SpeedUnit.KNOTS]
