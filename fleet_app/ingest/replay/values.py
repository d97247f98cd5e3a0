"""Single values as files write them.

Each reader raises `ValueError` with words that continue a sentence: what is read, the value, then the message.
"""

import math
from enum import StrEnum
from typing import Final

import msgspec

from fleet_app.domain.position import VehicleId

Cell = str | float | bool | None
"""A value in a file: text, or what a file with types says it is. Whole numbers are among the floats."""


class SpeedUnit(StrEnum):
    """The unit of a file's speeds."""

    MPS = "mps"
    KMH = "kmh"
    MPH = "mph"
    KNOTS = "knots"


METRES_PER_SECOND: Final = {
    SpeedUnit.MPS: 1.0,
    SpeedUnit.KMH: 1 / 3.6,
    SpeedUnit.MPH: 0.44704,
    SpeedUnit.KNOTS: 1_852 / 3_600,
}

_NO_NUMBER: Final = "is not a number"
_ON: Final = frozenset({"1", "true", "t", "yes", "y", "on"})
_OFF: Final = frozenset({"0", "false", "f", "no", "n", "off"})


def is_empty(cell: Cell) -> bool:
    """Return whether a cell says nothing."""
    return cell is None or cell == ""


def read_text(cell: Cell) -> str:
    """Return the cell as text; a whole number has no fraction."""
    if cell is None or cell == "":
        raise ValueError("is empty")
    text = cell if isinstance(cell, str) else str(cell).removesuffix(".0")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("is not UTF-8") from error
    return text


def read_number(cell: Cell) -> float:
    """Return the cell as a finite number."""
    if cell is None or cell is True or cell is False:
        raise ValueError(_NO_NUMBER)
    try:
        number = float(cell)
    except (ValueError, OverflowError) as error:
        raise ValueError(_NO_NUMBER) from error
    if not math.isfinite(number):
        raise ValueError(_NO_NUMBER)
    return number


def read_switch(cell: Cell) -> bool:
    """Return whether the cell says on."""
    plain = read_text(cell).strip().lower()
    if plain not in _ON | _OFF:
        raise ValueError(f"is neither on ({', '.join(sorted(_ON))}) nor off ({', '.join(sorted(_OFF))})")
    return plain in _ON


def read_attribute(cell: Cell) -> str | float | bool:
    """Return the cell as it is carried along: text as text, numbers and switches as what they are."""
    if isinstance(cell, bool | int | float):
        return cell
    return read_text(cell)


def read_vehicle_id(text: str) -> str:
    """Return the text if a vehicle can have it as its id."""
    try:
        return msgspec.convert(text, VehicleId)
    except msgspec.ValidationError as error:
        raise ValueError("cannot be a vehicle's id: 1 to 128 characters, no slash, no control character") from error
