"""api_keys: every API key that there is, and what became of the last changes that were asked for.

Invariant: the value is what was last sent to fleet.api-keys of its key, with its revision. What is revoked has no row.
"""

from typing import Final

import msgspec

from fleet_app.domain.access.api_key import ApiKey
from fleet_app.domain.revisions import Kept
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import TEXT

API_KEYS: Final[Table[str, Kept[ApiKey]]] = Table(
    name="api_keys",
    key="key_id",
    keys=TEXT,
    value=Kept[ApiKey],
    version=1,
    decoders={1: msgspec.msgpack.Decoder(Kept[ApiKey]).decode},
    written_by="keep_api_keys",
    cached_entries=1_000,
)
