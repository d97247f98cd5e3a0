"""What a frame says, before it is written down in one form or another."""

from collections.abc import Sequence
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol

import msgspec

from fleet_app.live.fleet import Row


class Kind(IntEnum):
    """What a frame asks of who reads it."""

    DELTA = 0
    """Apply it to what is there."""
    RESET = 1
    """Forget everything first, the token included."""
    HEARTBEAT = 2
    """Nothing: it says that the feed is alive, and how old what it knows is."""


class Fields(StrEnum):
    """How much is told of each vehicle."""

    MAP = "map"
    """What a map shows."""
    FULL = "full"
    """All that `fleet.vehicles` holds."""


class Encoding(StrEnum):
    """How a frame is written."""

    PACKED = "packed"
    """Little-endian columns."""
    JSON = "json"
    """Text for people."""


class Form(NamedTuple):
    """What clients of one kind get."""

    fields: Fields
    encoding: Encoding

    def __str__(self) -> str:
        """Return what tells it from other forms."""
        return f"{self.fields}/{self.encoding}"


class Head(NamedTuple):
    """What every frame begins with.

    Attributes:
        kind: What it asks for.
        time_ms: When it was made, by the worker's clock, ms since 1970.
        behind_ms: How old what the worker knows may be; None before it knows anything.
        token: Where to go on from; empty in the middle of something.
    """

    kind: Kind
    time_ms: int
    behind_ms: int | None
    token: str


class Gone(NamedTuple):
    """A vehicle that is to be taken off the map."""

    number: int
    vehicle_id: str


class Changes(msgspec.Struct):
    """What is new of some vehicles, of one cell or of several.

    Attributes:
        rows: Their newest states, at most one of each.
        named: Those of them that who reads this may not know by name.
        gone: Vehicles that are not there any more; told before the rows.
    """

    rows: list[Row] = []
    named: list[Row] = []
    gone: list[Gone] = []

    def __len__(self) -> int:
        """Return how much work they are."""
        return len(self.rows) + len(self.gone)


class Encoded(NamedTuple):
    """Changes as they are written; a frame holds the `gone` of all before the `rows` of any."""

    gone: bytes
    rows: bytes


class Encoder(Protocol):
    """Writes frames of one form."""

    def changes(self, changes: Changes) -> Encoded:
        """Return changes as they are written."""

    def frame(self, head: Head, parts: Sequence[Encoded]) -> bytes:
        """Return a frame of parts that were written before."""
