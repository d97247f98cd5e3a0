"""What workers say to each other about a request: who passes it on, and for whom. Nobody else is believed."""

import binascii
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Final

import msgspec
from pydantic import SecretStr

from fleet_app.domain.access.caller import WORKER, Caller
from fleet_app.http.problems import ApiError, bad_request

SCHEME: Final = "Fleet-Worker"
"""Scheme of the `Authorization` header that carries the cluster secret."""
FORWARDED_BY: Final = "Fleet-Forwarded-By"
"""Marks a request that another worker passed on: it is answered here or not at all."""
ON_BEHALF_OF: Final = "Fleet-On-Behalf-Of"
"""Tells another worker who the client is: a `Caller`, JSON in base64."""
WORKERS_OWN: Final = frozenset({FORWARDED_BY.lower().encode(), ON_BEHALF_OF.lower().encode()})
"""Headers that are taken from workers alone."""


def authorization(cluster_secret: SecretStr | None) -> str | None:
    """Return the header `Authorization` of a worker; None where nobody is asked for a key."""
    return None if cluster_secret is None else f"{SCHEME} {cluster_secret.get_secret_value()}"


def on_behalf_of(caller: Caller) -> Mapping[str, str]:
    """Return the headers that tell another worker for whom this one asks."""
    return {ON_BEHALF_OF: urlsafe_b64encode(msgspec.json.encode(caller)).decode()}


def read_on_behalf_of(header: bytes) -> Caller:
    """Return for whom another worker asks; for itself where it does not say.

    Raises:
        ApiError: 400, the header is no caller.
    """
    if not header:
        return WORKER
    try:
        caller = msgspec.json.decode(b64decode(header, altchars=b"-_", validate=True), type=Caller)
    except (binascii.Error, msgspec.DecodeError) as error:
        raise _unreadable(error) from error
    return msgspec.structs.replace(caller, is_worker=True)


def _unreadable(error: Exception) -> ApiError:
    return bad_request(f"{ON_BEHALF_OF} is not a caller, JSON in base64: {error}")
