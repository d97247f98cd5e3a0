"""What the demo's fleet is said to be: fit for the doors, on the recording's streets, and sent until it is taken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fleet_app.demo.introduction import DRIVERS, PLACES, introduce, van_profiles
from fleet_app.demo.recording import read_recording
from fleet_app.domain.access.caller import LOCAL
from fleet_app.domain.geofences.checks import fault_of
from fleet_app.domain.geofences.index import Geofences
from fleet_app.errors import WorkerError
from fleet_app.ingest.profiles_import import read_profile

VANS = [van.vehicle_id for van in read_recording().vans]


class Worker:
    """A worker's doors for changes; `answers` are its next statuses, then it takes everything."""

    def __init__(self, *answers: HTTPStatus) -> None:
        self.taken: list[tuple[str, str]] = []
        self._answers = list(answers)

    async def take(self, request: web.Request) -> web.Response:
        await request.read()
        if self._answers:
            return web.Response(status=self._answers.pop(0), text="so it is")
        self.taken.append((request.method, request.path_qs))
        return web.Response(status=HTTPStatus.OK)


@asynccontextmanager
async def listening(worker: Worker) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", worker.take)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def told_to(worker: Worker) -> list[float]:
    """Introduce the fleet to a worker, and return how long was waited each time."""
    waits_s: list[float] = []

    async def sleep(duration_s: float) -> None:
        waits_s.append(duration_s)

    async with listening(worker) as url, aiohttp.ClientSession() as session:
        await introduce(session, url, VANS, sleep)
    return waits_s


def test_every_van_has_a_profile_to_search_by() -> None:
    profiles = van_profiles(VANS)

    assert [profile.vehicle_id for profile in profiles] == VANS
    assert len({profile.plate for profile in profiles}) == len({profile.driver for profile in profiles}) == len(VANS)
    assert {profile.group for profile in profiles} == {"vans"}
    assert all(profile.tags for profile in profiles)


def test_there_is_a_driver_for_every_van() -> None:
    assert len(DRIVERS) == len(VANS)


def test_the_profiles_are_what_the_door_takes() -> None:
    for profile in van_profiles(VANS):
        draft = read_profile(msgspec.json.encode(profile), LOCAL, profile.vehicle_id)

        assert draft.value == profile


def test_the_places_are_what_the_door_takes() -> None:
    assert [fault_of(place) for place in PLACES] == [None] * len(PLACES)


def test_vans_come_to_every_place() -> None:
    places = Geofences().changed({place.geofence_id: place for place in PLACES}).of("default")
    rows = [row for van in read_recording().vans for row in van.rows()]
    met = {fence.geofence.geofence_id for row in rows for fence in places.along(row.lat, row.lon, row.lat, row.lon)}

    assert met == {place.geofence_id for place in PLACES}


def test_the_fleet_is_introduced_once_it_is_taken() -> None:
    worker = Worker()

    assert asyncio.run(told_to(worker)) == []
    assert sorted(worker.taken) == [
        ("POST", "/api/vehicle-profiles"),
        ("PUT", "/api/geofences/customer-yard?wait=1"),
        ("PUT", "/api/geofences/depot?wait=1"),
        ("PUT", "/api/geofences/school-zone?wait=1"),
    ]


def test_a_worker_that_is_not_ready_is_asked_again() -> None:
    worker = Worker(HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE)

    assert asyncio.run(told_to(worker)) == [0.5, 0.5]
    assert len(worker.taken) == 1 + len(PLACES)


def test_a_refusal_is_told_with_what_was_refused() -> None:
    with pytest.raises(WorkerError, match="refused the fleet's own data with 400: so it is"):
        asyncio.run(told_to(Worker(HTTPStatus.BAD_REQUEST)))
