"""The live feed of one worker: it follows the fleet while anybody watches, and keeps its clients told."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from math import floor
from typing import Final, Protocol

from fleet_app.errors import FleetError
from fleet_app.live.broadcast import Broadcast, Order, Times
from fleet_app.live.client import Client, Close, End
from fleet_app.live.fleet import LiveFleet
from fleet_app.live.follower import Audience
from fleet_app.live.pacing import FRAMES_PER_S
from fleet_app.live.tokens import Token, TokenSeal
from fleet_app.metrics import LIVE_CLIENTS
from fleet_app.stream.engine.ports import Clock

logger = logging.getLogger(__name__)

MOST_CLIENTS: Final = 500
FOLLOW_ON_S: Final = 60.0
"""So long after the last client has gone the fleet is followed on, for the next one to find it whole."""
_CARE_EVERY_S: Final = 1.0
_LEAVE_WITHIN_S: Final = 1.0
_STOPS: Final = End(Close.WORKER_STOPS, "the worker stops: connect to another one")
_DEFECT: Final = End(Close.DEFECT, "a defect in this worker; its log has the details")


class Follows(Protocol):
    """What reads the fleet."""

    def behind_ms(self) -> int | None:
        """Return for how long there may be changes that are not known; None before the fleet is whole."""

    async def follow(self, audience: Audience) -> None:
        """Follow for ever."""


class FeedUnavailableError(FleetError):
    """No further client can be served; `end` says why."""

    def __init__(self, end: End) -> None:
        super().__init__(end.reason)
        self.end = end


class Feed:
    """The feed.

    Args:
        new_follower: Makes what reads the fleet, anew for each time that somebody begins to watch.
        clock: Time.
        seal: Writes and reads the tokens of clients.
        most_clients: How many may be connected at a time.
    """

    def __init__(
        self, new_follower: Callable[[], Follows], clock: Clock, seal: TokenSeal, *, most_clients: int = MOST_CLIENTS
    ) -> None:
        self.seal = seal
        self._new_follower = new_follower
        self._clock = clock
        self._most_clients = most_clients
        self._clients: set[Client] = set()
        self._follower: Follows | None = None
        self._broadcast: Broadcast | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()
        self._everyone_left = asyncio.Event()
        self._left_s = 0.0
        self._is_open = False

    async def start(self) -> None:
        """Take clients from now on."""
        self._is_open = True

    async def stop(self) -> None:
        """Send all clients to other workers, and wait a moment for them to be told."""
        self._is_open = False
        self._disconnect(self._clients, _STOPS)
        try:
            async with asyncio.timeout(_LEAVE_WITHIN_S):
                while self._clients:
                    self._everyone_left.clear()
                    await self._everyone_left.wait()
        except TimeoutError:
            logger.warning("%d clients of the live feed did not read why they are disconnected", len(self._clients))
        await self._rest()

    # --- clients

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._clients)

    def join(self, order: Order, token: Token | None) -> Client:
        """Return a new client, to be followed by `leave` in the end.

        Raises:
            FeedUnavailableError: There are too many, or the worker stops.
        """
        if not self._is_open:
            raise FeedUnavailableError(_STOPS)
        if len(self._clients) >= self._most_clients:
            raise FeedUnavailableError(
                End(Close.FULL, f"{self._most_clients} clients are connected to this worker already: try another")
            )
        client = Client(order, token, times=self._times, monotonic_s=self._clock.monotonic_s)
        self._clients.add(client)
        LIVE_CLIENTS.set(len(self._clients))
        if not self._tasks:
            self._begin()
        if self._broadcast is not None:
            client.show(self._broadcast)
        return client

    def leave(self, client: Client) -> None:
        """Forget a client."""
        self._clients.discard(client)
        LIVE_CLIENTS.set(len(self._clients))
        if not self._clients:
            self._left_s = self._clock.monotonic_s()
            self._everyone_left.set()

    def _disconnect(self, clients: Iterable[Client], end: End) -> None:
        for client in list(clients):
            client.disconnect(end)

    # --- what the follower tells

    def show(self, fleet: LiveFleet) -> None:
        """Look at this fleet from now on."""
        self._broadcast = Broadcast(fleet, self.seal, self._give_way)
        for client in self._clients:
            client.show(self._broadcast)

    def notice_progress(self) -> None:
        """Tell what is new with the next frame."""
        self._changed.set()

    # --- at work

    def _begin(self) -> None:
        self._follower = self._new_follower()
        work = {"follow": self._follower.follow(self), "tell": self._tell(), "care": self._care()}
        self._tasks = [asyncio.create_task(part, name=f"live feed: {name}") for name, part in work.items()]
        for task in self._tasks:
            task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        """End everything if a part failed; the next client begins anew."""
        if task.cancelled() or task not in self._tasks:
            return
        logger.error("%s failed", task.get_name(), exc_info=task.exception())
        self._cancel()
        self._disconnect(self._clients, _DEFECT)

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks, self._follower, self._broadcast = [], None, None

    async def _rest(self) -> None:
        tasks = list(self._tasks)
        self._cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell(self) -> None:
        """Send a frame at every tenth of a second in which something is to be told."""
        number = 0
        while True:
            await self._changed.wait()
            self._changed.clear()
            number = max(number, floor(self._clock.monotonic_s() * FRAMES_PER_S)) + 1
            await self._clock.sleep(max(0.0, number / FRAMES_PER_S - self._clock.monotonic_s()))
            await self._send_frames(number)

    async def _send_frames(self, number: int) -> None:
        broadcast = self._broadcast
        for client in self._clients:
            client.notice_progress()
        if broadcast is None or not broadcast.has_unsent:
            return
        frames = await broadcast.frames([client.order for client in self._clients], number, self._times())
        if broadcast is self._broadcast:
            for client in self._clients:
                if (frame := frames.get(client.order)) is not None:
                    client.give(frame)
        if broadcast.has_unsent:
            self._changed.set()

    async def _care(self) -> None:
        """Do what time alone calls for: heartbeats, and the end when nobody watches."""
        while True:
            await self._clock.sleep(_CARE_EVERY_S)
            now_s = self._clock.monotonic_s()
            for client in self._clients:
                client.remind()
            if not self._clients and now_s - self._left_s >= FOLLOW_ON_S:
                self._cancel()

    def _times(self) -> Times:
        behind_ms = None if self._follower is None else self._follower.behind_ms()
        return Times(self._clock.wall_ms(), behind_ms)

    async def _give_way(self) -> None:
        await self._clock.sleep(0)
