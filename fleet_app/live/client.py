"""One client of the feed, whatever it is connected by: what it is to be sent next."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from enum import IntEnum
from typing import Final, NamedTuple

from fleet_app.live.broadcast import AT_ONCE, Broadcast, Frame, Order, Times, batched
from fleet_app.live.fleet import LiveFleet, Removed, Row
from fleet_app.live.forms import ENCODERS
from fleet_app.live.frames import Changes, Head, Kind
from fleet_app.live.news import Since, SincePositions, SinceVersion, everything, news
from fleet_app.live.tokens import LIFE_MS, Token
from fleet_app.live.wanted import Wanted
from fleet_app.metrics import LIVE_BYTES, LIVE_CATCH_UPS, LIVE_DROPPED, LIVE_FRAMES

MOST_WAITING: Final = 10
"""Frames that wait for a client: a second's."""
HEARTBEAT_S: Final = 5.0
"""So long after the last frame a heartbeat is sent."""
TOKEN_WAIT_S: Final = 10.0
"""How long a worker may take to get as far as the one that a token is from; then the client begins anew."""


class Close(IntEnum):
    """Why the feed ends a connection: close codes of WebSockets."""

    DEFECT = 1011
    """The feed failed; the worker's log has the details."""
    WORKER_STOPS = 1012
    """Connect to another worker."""
    FULL = 1013
    """As many clients as a worker takes are connected: try another worker."""
    BAD_REQUEST = 4400
    """What was asked for cannot be understood; the reason says what."""
    STALLED = 4408
    """The client has read nothing for half a minute."""


class Sent(NamedTuple):
    """A frame that a client is to be sent, and what it begins with."""

    head: Head
    data: bytes


class End(NamedTuple):
    """Why and how a connection ends."""

    code: Close
    reason: str


class Client:
    """One client.

    Args:
        order: What it wants.
        token: Where it goes on from; None begins with a snapshot.
        times: When a frame is made, for frames of its own.
        monotonic_s: Seconds that never go back.

    Attributes:
        order: What it wants now.
        end: Why it is to be disconnected, once it is.
    """

    def __init__(
        self,
        order: Order,
        token: Token | None,
        *,
        times: Callable[[], Times],
        monotonic_s: Callable[[], float],
    ) -> None:
        self.order = order
        self.end: End | None = None
        self._token = token
        self._token_until_s = monotonic_s() + TOKEN_WAIT_S
        self._times = times
        self._monotonic_s = monotonic_s
        self._broadcast: Broadcast | None = None
        self._waiting: deque[Frame] = deque()
        self._woken = asyncio.Event()
        self._written_s = monotonic_s()
        self._is_heartbeat_due = False
        # Up to which version of the fleet it has been told everything; None before it knows anything.
        self._told: int | None = None
        # From which version on the shared frames are for it; None while it catches up.
        self._joined: int | None = None

    # --- what the feed tells it

    def show(self, broadcast: Broadcast) -> None:
        """Watch a fleet from now on, another than before if there was one."""
        broadcast.join(self.order)
        self._broadcast = broadcast
        self._begin_anew()

    def want(self, order: Order) -> None:
        """Want something else from now on."""
        if order == self.order:
            return
        self.order = order
        if self._broadcast is not None:
            self._broadcast.join(order)
        self._token = None
        self._begin_anew()

    def give(self, frame: Frame) -> None:
        """Let a shared frame wait to be read; a client too slow for it loses those that wait, and catches up later."""
        if self._joined is None or self._joined >= frame.version:
            return
        if len(self._waiting) >= MOST_WAITING:
            LIVE_DROPPED.inc(len(self._waiting) + 1)
            self._waiting.clear()
            self._joined = None
        else:
            self._waiting.append(frame)
        self._woken.set()

    def remind(self) -> None:
        """Look whether there is something to be done that only time brings about."""
        if self._monotonic_s() - self._written_s >= HEARTBEAT_S:
            self._is_heartbeat_due = True
            self._woken.set()
        self.notice_progress()

    def notice_progress(self) -> None:
        """Look whether the worker is as far as the token now."""
        if self._token is not None:
            self._woken.set()

    def disconnect(self, end: End) -> None:
        """End the connection."""
        self.end = end
        self._woken.set()

    # --- what it reads

    async def frames(self) -> AsyncIterator[Sent]:
        """Give one frame after another, each once the one before has been written, until the connection is to end."""
        while self.end is None:
            if self._waiting:
                frame = self._waiting.popleft()
                yield self._sent(Sent(frame.head, frame.data))
                if self._told is not None:
                    self._told = max(frame.told, self._told)
            elif self._can_catch_up():
                async for sent in self._catch_up():
                    yield self._sent(sent)
            elif self._is_heartbeat_due:
                yield self._sent(self._heartbeat())
            else:
                self._woken.clear()
                await self._woken.wait()

    def _sent(self, sent: Sent) -> Sent:
        self._written_s = self._monotonic_s()
        self._is_heartbeat_due = False
        LIVE_FRAMES.inc()
        LIVE_BYTES.inc(len(sent.data))
        return sent

    def _heartbeat(self) -> Sent:
        token = ""
        if self._broadcast is not None and self._joined is not None:
            token = self._broadcast.token_now(self.order, self._times().wall_ms)
        return self._own(Kind.HEARTBEAT, Changes(), token)

    # --- catching up

    def _begin_anew(self) -> None:
        self._waiting.clear()
        self._told = self._joined = None
        self._woken.set()

    def _can_catch_up(self) -> bool:
        if self._broadcast is None or self._joined is not None:
            return False
        return self._token is None or self._has_reached(self._token) or self._monotonic_s() >= self._token_until_s

    def _has_reached(self, token: Token) -> bool:
        """Return whether the worker is as far as a token, or never will be because the token is of other topics."""
        assert self._broadcast is not None  # noqa: S101 - the caller looked
        here = self._broadcast.fleet.positions
        return token.origin != self._broadcast.origin or not token.fits(here) or token.is_reached(here)

    def _since(self, broadcast: Broadcast) -> Since | None:
        """Return the point that the client knows everything up to; None if it is to begin with a snapshot."""
        if self._told is not None:
            return SinceVersion(self._told)
        token, self._token = self._token, None
        if token is None or not self._has_reached(token) or not self._is_of(broadcast, token):
            return None
        return SincePositions(token.positions)

    def _is_of(self, broadcast: Broadcast, token: Token) -> bool:
        return (
            token.origin == broadcast.origin
            and token.fits(broadcast.fleet.positions)
            and token.wanted == broadcast.digest(self.order)
            and token.profiles == broadcast.fleet.moment().profiles.of(self.order.wanted.tenant)
            and 0 <= self._times().wall_ms - token.made_ms + LIFE_MS <= 2 * LIFE_MS
        )

    async def _catch_up(self) -> AsyncIterator[Sent]:
        """Give what has changed since what it knows, until nothing has; from then on the shared frames are for it."""
        broadcast, order = self._broadcast, self.order
        assert broadcast is not None  # noqa: S101 - the caller looked
        since, kind = self._since(broadcast), Kind.DELTA
        LIVE_CATCH_UPS.labels("snapshot" if since is None else "changes").inc()
        await broadcast.turn()
        while self._watches(broadcast, order):
            moment, steps = broadcast.fleet.moment(), _steps(broadcast.fleet, since)
            if since is None:
                kind = Kind.RESET
            is_last = len(steps) == 1
            for step in steps:
                changes = _changes(step, order.wanted, since)
                if changes is None:
                    since = None
                    break
                if is_last:
                    # Nothing was awaited since the moment: no change is between it and the shared frames.
                    self._joined = moment.version
                    yield self._own(kind, changes, broadcast.token(order, moment, self._times().wall_ms))
                elif len(changes) or kind is Kind.RESET:
                    yield self._own(kind, changes, "")
                    kind = Kind.DELTA
                await broadcast.turn()
                if not self._watches(broadcast, order):
                    return
            else:
                since, self._told = SinceVersion(moment.version), moment.version
                if is_last:
                    return

    def _watches(self, broadcast: Broadcast, order: Order) -> bool:
        """Return whether the client still wants what it wanted before."""
        return self._broadcast is broadcast and self.order is order and self.end is None

    def _own(self, kind: Kind, changes: Changes, token: str) -> Sent:
        """Return a frame for this client alone."""
        times, encoder = self._times(), ENCODERS[self.order.form]
        head = Head(kind, times.wall_ms, times.behind_ms, token)
        return Sent(head, encoder.frame(head, [encoder.changes(changes)]))


class _Step(NamedTuple):
    """A part of what may be new, that is looked through and written at once."""

    rows: list[Row]
    removed: list[Removed] | None


def _steps(fleet: LiveFleet, since: Since | None) -> list[_Step]:
    """Return what may be new since a point, at least one step of it."""
    rows = fleet.rows_since(0) if since is None else since.rows(fleet)
    removed = [] if since is None else since.removed(fleet)
    first, *further = batched(rows, AT_ONCE) if rows else [[]]
    return [_Step(first, removed), *(_Step(step, []) for step in further)]


def _changes(step: _Step, wanted: Wanted, since: Since | None) -> Changes | None:
    """Return what is new of a step; None if that cannot be told exactly."""
    if since is None:
        return everything(step.rows, wanted)
    return None if step.removed is None else news(step.rows, step.removed, wanted, since)
