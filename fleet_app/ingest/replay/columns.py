"""Which column of a file says what."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from fleet_app.errors import InputError
from fleet_app.ingest.replay.recording import Options

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

_REMEDIES: Final = {quantity: f"name it with --map {quantity}=HEADER" for quantity in REQUIRED} | {
    "vehicle_id": "name it with --map vehicle_id=HEADER, or the vehicle with --vehicle ID"
}


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

    @property
    def used(self) -> list[int]:
        """The numbers of the columns that are read, in the order of the file."""
        return sorted({*self.places.values(), *self.attributes.values()})

    def narrowed(self) -> "Columns":
        """Return the same for rows that hold the used columns only."""
        used = self.used
        return Columns(
            tuple(self.header[place] for place in used),
            {quantity: used.index(place) for quantity, place in self.places.items()},
            {name: used.index(place) for name, place in self.attributes.items()},
        )

    def describe(self) -> str:
        """Say what is read from where, and what is left out."""
        parts = [f"{quantity} ← {self.header[place]}" for quantity, place in self.places.items()]
        parts += [f"attribute {name}" for name in self.attributes]
        left_out = [name for place, name in enumerate(self.header) if place not in self.used]
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


def find_columns(header: Sequence[str], options: Options) -> Columns:
    """Return where everything stands: as the options' mapping says, else by the headers known.

    Whose positions they are is not looked for if the options say it.

    Raises:
        InputError: A column that is needed or named is not there.
    """
    places = {}
    for quantity, known in KNOWN_HEADERS.items():
        if quantity == "vehicle_id" and options.vehicle_id is not None:
            continue
        mapped = options.mapping.get(quantity)
        place = _place(header, known if mapped is None else [mapped])
        if place is not None:
            places[quantity] = place
        elif mapped is not None:
            raise InputError(f"no column {mapped!r} for {quantity}; the file has {_listed(header)}")
        elif quantity in REQUIRED:
            raise InputError(f"no column is known to be {quantity} among {_listed(header)}: {_REMEDIES[quantity]}")
    return Columns(tuple(header), places, _carried(header, options.attributes))


def _carried(header: Sequence[str], attributes: Iterable[str]) -> dict[str, int]:
    carried = {}
    for name in attributes:
        place = _place(header, [name])
        if place is None:
            raise InputError(f"no column {name!r} for an attribute; the file has {_listed(header)}")
        carried[header[place]] = place
    return carried


def _place(header: Sequence[str], wanted: Iterable[str]) -> int | None:
    """Return the first of the wanted headers that is there, letter case and surrounding space aside."""
    there = {_plain(name): place for place, name in reversed(list(enumerate(header)))}
    return next((there[_plain(name)] for name in wanted if _plain(name) in there), None)


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _listed(header: Sequence[str]) -> str:
    return ", ".join(header) or "nothing"
