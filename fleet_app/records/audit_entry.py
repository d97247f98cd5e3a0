"""`fleet.audit`: who changed what, over the API."""

import msgspec


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A value of `fleet.audit`; the record's key is the caller's name.

    Attributes:
        time_ms: When it was answered, ms since 1970.
        caller: The API key's id, or `operator`; of a login that failed, what was tried as an id, or `(unknown)`.
        role: The caller's role; None where nobody was recognised.
        tenant: The caller's tenant; None for all, and where nobody was recognised.
        address: Where the request came from, as the worker saw it.
        method: The HTTP method.
        path: The path as it was sent, without its query, at most 512 characters.
        status: What it was answered with.
        worker: The URL of the worker that answered.
    """

    time_ms: int
    caller: str
    role: str | None
    tenant: str | None
    address: str
    method: str
    path: str
    status: int
    worker: str
