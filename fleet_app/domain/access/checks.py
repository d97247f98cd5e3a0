"""What a key may not say, beyond what its fields can hold."""

from collections.abc import Iterator
from typing import Final

from fleet_app.domain.access.api_key import ApiKey
from fleet_app.domain.access.caller import LOCAL, OPERATOR, WORKER
from fleet_app.domain.access.rights import Role

TAKEN_NAMES: Final = frozenset({LOCAL.name, OPERATOR.name, WORKER.name})
"""What callers without a key are called: a key of such an id would be taken for one of them."""


def fault_of(key: ApiKey) -> str | None:
    """Return what is wrong with a key, in a sentence that names the field and the value; None if nothing is."""
    return next(_faults(key), None)


def _faults(key: ApiKey) -> Iterator[str]:
    if key.key_id in TAKEN_NAMES:
        yield f"key_id {key.key_id!r} means somebody without a key; choose another"
    for field, text in (("name", key.name), ("tenant", key.tenant or "")):
        if text != text.strip():
            yield f"{field} {text!r} begins or ends with white space; leave it out"
        # Names are shown on terminals, which take some of these for orders.
        if not text.isprintable():
            yield f"{field} {text!r} has characters that cannot be printed; leave them out"
    if key.role is Role.DEVICE and key.devices is None:
        yield "devices: a device key names the ids of the devices or vehicles that it sends positions of"
    if key.role is not Role.DEVICE and key.devices is not None:
        yield f"devices: a key of role {key.role} names none, only device keys do"
