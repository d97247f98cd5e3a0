"""withdrawn_legs: trips and stops that were told and are no more, a row per vehicle and number.

Late fixes may bring one back: it goes on with the revision it had then. Invariant: what has a row here has none in
`trips`; its last record on fleet.trips withdrew it, with this revision.
"""

from typing import Final

import msgspec

from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import ROWS

_DAY_S: Final = 86_400


class WithdrawnLeg(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A trip or a stop that is no more: the revision that said so."""

    revision: int


WITHDRAWN_LEGS: Final = Table(
    name="withdrawn_legs",
    key="vehicle_id, number: the start as told first, ms since 1970",
    keys=ROWS,
    value=WithdrawnLeg,
    version=1,
    decoders={1: msgspec.msgpack.Decoder(WithdrawnLeg).decode},
    written_by="track_positions",
    # A day of track can be run over again, and a leg in it may have begun a day before.
    retention_s=3 * _DAY_S,
    cached_entries=2_000,
)
