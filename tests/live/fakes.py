"""Small fleets, and clients that are read without waiting."""

import asyncio
from collections.abc import AsyncIterator

from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.domain.states import State
from fleet_app.live.broadcast import Broadcast, Order, Times
from fleet_app.live.client import Client, Sent
from fleet_app.live.fleet import LiveFleet, Place
from fleet_app.live.follower import Audience
from fleet_app.live.frames import Encoding, Fields, Form
from fleet_app.live.tokens import Token, TokenSeal
from fleet_app.live.wanted import Wanted
from fleet_app.records.vehicle_now import VehicleNow

NOW_MS = 1_800_000_000_000
SEAL = TokenSeal("what all workers share")
PACKED = Form(Fields.MAP, Encoding.PACKED)
BERLIN = (52.5, 13.4)
MADRID = (40.4, -3.7)
TURNS = 12
"""Times round the loop after which a client that has nothing to say waits for something to happen."""


def vehicle(
    vehicle_id: str, time_ms: int = NOW_MS, at: tuple[float, float] = BERLIN, tenant: str = "default"
) -> VehicleNow:
    return VehicleNow(
        vehicle_id=vehicle_id,
        tenant=tenant,
        time_ms=time_ms,
        received_ms=time_ms + 500,
        lat=at[0],
        lon=at[1],
        odometer_m=1_234.5,
        fixes=7,
        state=State.MOVING,
        speed_mps=12.5,
    )


def profile(
    vehicle_id: str, tenant: str = "default", group: str | None = None, name: str | None = None
) -> VehicleProfile:
    return VehicleProfile(vehicle_id=vehicle_id, tenant=tenant, group=group, name=name)


def fleet_of(*vehicles: VehicleNow, partitions: int = 2) -> LiveFleet:
    fleet = LiveFleet("cluster/topic", partitions)
    for offset, value in enumerate(vehicles):
        fleet.put(Place(0, offset), value)
    return fleet


async def give_way() -> None:
    await asyncio.sleep(0)


def order(wanted: Wanted | None = None, form: Form = PACKED, interval: int = 1) -> Order:
    return Order(wanted or Wanted(), form, interval)


class FakeTime:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def monotonic_s(self) -> float:
        return self.now_s

    def times(self) -> Times:
        return Times(NOW_MS + round((self.now_s - 1_000.0) * 1_000), 40)


class TestClient:
    """A client, and what it has been sent."""

    __test__ = False

    def __init__(self, clock: FakeTime, asked: Order, token: Token | None = None) -> None:
        self.client = Client(asked, token, times=clock.times, monotonic_s=clock.monotonic_s)
        self._frames: AsyncIterator[Sent] = self.client.frames()
        self._reading: asyncio.Task[Sent] | None = None

    async def read(self) -> list[Sent]:
        """Return every frame that can be had without waiting."""
        frames = []
        while (frame := await self.read_one()) is not None:
            frames.append(frame)
        return frames

    async def read_one(self) -> Sent | None:
        """Return the next frame, None if it has to be waited for."""
        if self._reading is None:
            self._reading = asyncio.ensure_future(anext(self._frames))
        for _ in range(TURNS):
            if self._reading.done():
                break
            await give_way()
        if not self._reading.done():
            return None
        reading, self._reading = self._reading, None
        return None if isinstance(reading.exception(), StopAsyncIteration) else reading.result()

    async def leave(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)


class Station:
    """A worker's broadcast and its clients, without a server."""

    def __init__(self, fleet: LiveFleet, clock: FakeTime) -> None:
        self.clock = clock
        self.broadcast = Broadcast(fleet, SEAL, give_way)
        self.clients: list[TestClient] = []
        self._number = 0

    @property
    def fleet(self) -> LiveFleet:
        return self.broadcast.fleet

    def connect(self, asked: Order, token: Token | None = None) -> TestClient:
        client = TestClient(self.clock, asked, token)
        client.client.show(self.broadcast)
        self.clients.append(client)
        return client

    async def disconnect(self, client: TestClient) -> None:
        await client.leave()
        self.clients.remove(client)

    async def tick(self, frames: int = 1) -> None:
        """Send the next frames."""
        for _ in range(frames):
            self._number += 1
            orders = [client.client.order for client in self.clients]
            sent = await self.broadcast.frames(orders, self._number, self.clock.times())
            for client in self.clients:
                client.client.notice_progress()
                if (frame := sent.get(client.client.order)) is not None:
                    client.client.give(frame)


class HeldFollower:
    """Follows nothing: a test changes the fleet, and says so."""

    def __init__(self, fleet: LiveFleet) -> None:
        self.fleet = fleet
        self.audience: Audience | None = None

    def behind_ms(self) -> int | None:
        return 40

    async def follow(self, audience: Audience) -> None:
        self.audience = audience
        audience.show(self.fleet)
        await asyncio.Event().wait()

    def put(self, value: VehicleNow) -> None:
        """Change the fleet as a record would."""
        self.fleet.put(Place(0, self.fleet.positions[0]), value)
        self._tell()

    def remove(self, vehicle_id: str) -> None:
        """Forget a vehicle as a tombstone would."""
        self.fleet.remove(Place(0, self.fleet.positions[0]), vehicle_id)
        self._tell()

    def _tell(self) -> None:
        if self.audience is not None:
            self.audience.notice_progress()
