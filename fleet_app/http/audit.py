"""Who changed what: one entry for each request that may change something, and for each login.

Positions are left out: they are data, and stand in their own topic. So is what nobody known has sent: it changed
nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from litestar.handlers import BaseRouteHandler
from litestar.types import HTTPScope, Scope

from fleet_app.domain.access.caller import Caller
from fleet_app.domain.access.rights import Right
from fleet_app.errors import FleetError
from fleet_app.http.access import right_of
from fleet_app.http.head import Head
from fleet_app.metrics import AUDIT_LOST
from fleet_app.records.audit_entry import AuditEntry

log = logging.getLogger(__name__)

WITHIN_S: Final = 2.0
"""How long an answer waits for its entry. Kafka takes a few milliseconds, or does not take it."""
_LONGEST_PATH: Final = 512
_AUTHOR: Final = "audit_author"

Keep = Callable[[str, bytes], Awaitable[object]]
"""Appends an entry to `fleet.audit`: its key and its value. It raises a `FleetError` where Kafka does not take it."""


class Author(msgspec.Struct, frozen=True):
    """Whom an entry is about: a known caller, or an id that somebody tried to log in with.

    Attributes:
        status: What came of it, where that is not the answer's status: a form leads on, whatever comes of it.
    """

    name: str
    role: str | None = None
    tenant: str | None = None
    status: int | None = None


def author(caller: Caller) -> Author:
    """Return a known caller as the author of a change."""
    return Author(caller.name, caller.role, caller.tenant)


def set_author(scope: Scope, who: Author) -> None:
    """Say who is the author of a request whose caller the gate could not know: of a login."""
    scope["state"][_AUTHOR] = who


class Audit:
    """Keeps the entries.

    Args:
        keep: Where they go; None where nothing is kept.
        clock: Now, in seconds since 1970.
        worker: This worker's URL.
    """

    def __init__(self, keep: Keep | None, clock: Callable[[], float], worker: str) -> None:
        self._keep = keep
        self._clock = clock
        self._worker = worker

    async def answered(self, scope: HTTPScope, head: Head, status: int) -> None:
        """Keep the entry of a request that is about to be answered, if it calls for one.

        An entry that Kafka does not take is logged: what the request did is done, and its answer has to tell so.
        """
        who = _author_of(scope, head)
        if self._keep is None or who is None:
            return
        entry = AuditEntry(
            time_ms=int(self._clock() * 1_000),
            caller=who.name,
            role=who.role,
            tenant=who.tenant,
            address=head.address,
            method=head.method,
            path=head.path[:_LONGEST_PATH],
            status=status if who.status is None else who.status,
            worker=self._worker,
        )
        try:
            async with asyncio.timeout(WITHIN_S):
                await self._keep(entry.caller, msgspec.json.encode(entry))
        except (FleetError, TimeoutError) as error:
            AUDIT_LOST.inc()
            why = str(error) or f"Kafka did not confirm within {WITHIN_S:g} s"
            log.error("not in fleet.audit, because %s: %s", why, entry)  # noqa: TRY400 - what counts is the entry


def _author_of(scope: HTTPScope, head: Head) -> Author | None:
    """Return whose request this is, if it calls for an entry."""
    named: Author | None = scope["state"].get(_AUTHOR)
    caller: Caller | None = scope.get("auth")
    if named is not None:
        return named
    if head.is_safe or caller is None or _sends_positions(scope.get("route_handler")):
        return None
    return author(caller)


def _sends_positions(handler: BaseRouteHandler | None) -> bool:
    return handler is not None and right_of(handler) is Right.SEND_POSITIONS
