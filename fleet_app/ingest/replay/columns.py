"""Which column of a CSV file says what."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from fleet_app.errors import InputError

KNOWN_HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "vehicle_id": ("vehicle_id", "vehicleid", "vehicle", "vehicle_no", "bus_id", "unit_id", "asset_id", "id"),
    "time": (
        "time_ms",
        "time",
        "timestamp",
        "datetime",
        "date_time",
        "fix_time",
        "fix_time_local",
        "gps_time",
        "device_time",
        "recorded_at",
        "event_time",
    ),
    "lat": ("lat", "latitude"),
    "lon": ("lon", "lng", "long", "longitude"),
    "speed": ("speed", "speed_mps"),
    "heading": ("heading", "heading_deg", "bearing", "course"),
    "accuracy": ("accuracy", "accuracy_m"),
    "altitude": ("altitude", "altitude_m", "alt", "elevation", "ele"),
    "ignition": ("ignition",),
    "odometer": ("odometer_m",),
    "fuel": ("fuel_l",),
    "device_id": ("device_id", "deviceid", "imei"),
}
"""What can be mapped → the headers recognised without being told, best first.

A header that names no unit where the unit differs from file to file (odometer, fuel) is not guessed at.
"""

REQUIRED: Final = ("vehicle_id", "time", "lat", "lon")


class Columns(msgspec.Struct, frozen=True):
    """Where each quantity stands in a row.

    Attributes:
        header: The names of all columns.
        places: Quantity (a key of `KNOWN_HEADERS`) → column number, from 0.
        attributes: Column number of each attribute to carry along, by its name.
    """

    header: tuple[str, ...]
    places: dict[str, int]
    attributes: dict[str, int]

    def describe(self) -> str:
        """Say what is read from where, and what is left out."""
        used = {*self.places.values(), *self.attributes.values()}
        parts = [f"{quantity} ← {self.header[place]}" for quantity, place in self.places.items()]
        parts += [f"attribute {name}" for name in self.attributes]
        left_out = [name for place, name in enumerate(self.header) if place not in used]
        return ", ".join(parts) + (f"; left out: {', '.join(left_out)}" if left_out else "")


def parse_mapping(text: str) -> dict[str, str]:
    """Read `quantity=header,…`.

    Raises:
        InputError: Something other than a known quantity stands before the equals sign.
    """
    mapping = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        quantity, equals, header = (part.strip() for part in pair.partition("="))
        if not equals or not header or quantity not in KNOWN_HEADERS:
            raise InputError(
                f"--map {pair!r} cannot be used: write QUANTITY=HEADER, where QUANTITY is one of "
                f"{', '.join(KNOWN_HEADERS)}"
            )
        mapping[quantity] = header
    return mapping


def find_columns(header: Sequence[str], mapping: Mapping[str, str], attributes: Iterable[str]) -> Columns:
    """Return where everything stands: as `mapping` says, else by the headers known.

    Raises:
        InputError: A column that is needed or named is not there.
    """
    places = {}
    for quantity, known in KNOWN_HEADERS.items():
        place = _place(header, [mapping[quantity]]) if quantity in mapping else _place(header, known)
        if place is not None:
            places[quantity] = place
        elif quantity in mapping:
            raise InputError(f"no column {mapping[quantity]!r} for {quantity}; the file has {_listed(header)}")
        elif quantity in REQUIRED:
            raise InputError(
                f"no column is known to be {quantity} among {_listed(header)}: name it with --map {quantity}=HEADER"
            )
    carried = {}
    for name in attributes:
        place = _place(header, [name])
        if place is None:
            raise InputError(f"no column {name!r} for an attribute; the file has {_listed(header)}")
        carried[header[place]] = place
    return Columns(tuple(header), places, carried)


def _place(header: Sequence[str], wanted: Iterable[str]) -> int | None:
    """Return the first of the wanted headers that is there, letter case and surrounding space aside."""
    there = {_plain(name): place for place, name in reversed(list(enumerate(header)))}
    return next((there[_plain(name)] for name in wanted if _plain(name) in there), None)


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _listed(header: Sequence[str]) -> str:
    return ", ".join(header) or "nothing"
