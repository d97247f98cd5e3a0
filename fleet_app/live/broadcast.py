"""One worker's feed without its connections: what is new is written once, and handed to all who want just that."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from fleet_app.live.fleet import LiveFleet, Moment, Row
from fleet_app.live.forms import ENCODERS
from fleet_app.live.frames import Changes, Encoded, Form, Head, Kind
from fleet_app.live.pacing import Pace
from fleet_app.live.tokens import TokenSeal, origin_digest
from fleet_app.live.wanted import Cell, Wanted, digest_of

AT_ONCE: Final = 1_000
"""Rows written before other work has its turn: 3 ms of packed ones, 6 ms of JSON."""


class Frame(NamedTuple):
    """A frame that is shared by all who want the same.

    Attributes:
        head: What it begins with.
        data: The whole frame.
        version: Of the fleet when it was taken; who joined later has been told all of it.
        told: Up to which version everything has been told with it.
    """

    head: Head
    data: bytes
    version: int
    told: int


class Order(NamedTuple):
    """What clients get the same bytes for.

    Attributes:
        wanted: The cells.
        form: How they are written.
        interval: Every how many frames a vehicle is told at most.
    """

    wanted: Wanted
    form: Form
    interval: int


class Times(NamedTuple):
    """When a frame is made.

    Attributes:
        wall_ms: By the worker's clock, ms since 1970.
        behind_ms: How old what the worker knows may be.
    """

    wall_ms: int
    behind_ms: int | None


class Broadcast:
    """The changes of one fleet, at every pace that is asked for.

    Args:
        fleet: The fleet; the broadcast listens to it.
        seal: Writes the tokens.
        give_way: Lets other work have its turn.
    """

    def __init__(self, fleet: LiveFleet, seal: TokenSeal, give_way: Callable[[], Awaitable[None]]) -> None:
        self.fleet = fleet
        self._seal = seal
        self._give_way = give_way
        self._paces: dict[int, Pace] = {}
        self._moments: deque[Moment] = deque([fleet.moment()])
        self._origin = origin_digest(fleet.origin)
        self._digests: dict[Order, bytes] = {}
        self._rows_written = 0
        self._turns = asyncio.Lock()
        fleet.listener = self._note

    @property
    def origin(self) -> bytes:
        """What tells this incarnation of the topic from others."""
        return self._origin

    @property
    def has_unsent(self) -> bool:
        """Whether there is, or soon will be, something to tell."""
        return any(pace.has_unsent for pace in self._paces.values())

    async def turn(self) -> None:
        """Return when it is the caller's turn to write for itself alone: one caller's, each time round the loop."""
        async with self._turns:
            await self._give_way()

    def join(self, order: Order) -> None:
        """Make sure that what an order needs is written from now on."""
        self._paces.setdefault(order.interval, Pace(order.interval))
        self._digests[order] = digest_of(order.wanted, str(order.form))

    def digest(self, order: Order) -> bytes:
        """Return what tells an order's clients from those that were told something else."""
        return self._digests[order]

    def token(self, order: Order, told: Moment, wall_ms: int) -> str:
        """Return where to go on from after having been told everything up to a moment, and nothing newer than now."""
        return self._seal.write(
            told,
            self.fleet.positions,
            origin=self._origin,
            wanted=self._digests[order],
            tenant=order.wanted.tenant,
            now_ms=wall_ms,
        )

    def token_now(self, order: Order, wall_ms: int) -> str:
        """Return the token of who has been given every frame so far."""
        told, now = self._told(order.interval), self.fleet.moment()
        return self.token(order, now if told == now.version else self._moment_before(told), wall_ms)

    async def frames(self, orders: Iterable[Order], number: int, times: Times) -> Mapping[Order, Frame]:
        """Return the frame of every order that has something new; ten numbers pass each second.

        Only one caller at a time. Orders that are not named here are forgotten.
        """
        asked = set(orders)
        self._retire(asked)
        version = self.fleet.version
        self._moments.append(self.fleet.moment())
        taken = {interval: pace.take(self.fleet, number) for interval, pace in self._paces.items()}
        told = {interval: self._told(interval) for interval in self._paces}
        tokens = {
            order: self.token(order, self._moment_before(told[order.interval]), times.wall_ms)
            for order in asked
            if taken[order.interval]
        }
        self._drop_moments(min(told.values(), default=version))
        # From here on others have their turn: the rows that were taken do not change, and nothing else is looked at.
        frames: dict[Order, Frame] = {}
        written: dict[tuple[int, Form, Cell], list[Encoded]] = {}
        for order, token in tokens.items():
            cells = taken[order.interval]
            matching = [cell for cell in cells if order.wanted.matches(cell)]
            for cell in matching:
                if (key := (order.interval, order.form, cell)) not in written:
                    written[key] = await self._write(order.form, cells[cell])
            if matching:
                head = Head(Kind.DELTA, times.wall_ms, times.behind_ms, token)
                parts = [part for cell in matching for part in written[order.interval, order.form, cell]]
                frames[order] = Frame(head, ENCODERS[order.form].frame(head, parts), version, told[order.interval])
        return frames

    def _note(self, version: int, before: Row | None, after: Row | None) -> None:
        for pace in self._paces.values():
            pace.note(version, before, after)

    def _told(self, interval: int) -> int:
        return self._paces[interval].told_before(self.fleet.version)

    def _moment_before(self, version: int) -> Moment:
        """Return the newest moment by which nothing had happened that has not been told."""
        return next(moment for moment in reversed(self._moments) if moment.version <= version)

    def _drop_moments(self, version: int) -> None:
        while len(self._moments) > 1 and self._moments[1].version <= version:
            self._moments.popleft()

    def _retire(self, asked: set[Order]) -> None:
        """Forget paces and orders that nobody asks for."""
        intervals = {order.interval for order in asked}
        self._paces = {interval: pace for interval, pace in self._paces.items() if interval in intervals}
        self._digests = {order: digest for order, digest in self._digests.items() if order in asked}

    async def _write(self, form: Form, changes: Changes) -> list[Encoded]:
        """Write a cell's changes, a part at a time."""
        written = []
        for part in in_parts(changes):
            written.append(ENCODERS[form].changes(part))
            self._rows_written += len(part)
            if self._rows_written >= AT_ONCE:
                self._rows_written = 0
                await self._give_way()
        return written


def in_parts(changes: Changes) -> Iterator[Changes]:
    """Divide changes into parts that are written at once."""
    if len(changes) <= AT_ONCE:
        yield changes
        return
    named = {row.number for row in changes.named}
    yield Changes(gone=changes.gone)
    for rows in batched(changes.rows, AT_ONCE):
        yield Changes(rows, [row for row in rows if row.number in named])


def batched(rows: Sequence[Row], size: int) -> Iterator[list[Row]]:
    """Divide rows into lists of a size."""
    return (list(rows[start : start + size]) for start in range(0, len(rows), size))
