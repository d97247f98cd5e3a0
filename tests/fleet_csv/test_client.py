"""Profiles of a running worker, over its HTTP API."""

import msgspec
import pytest
from litestar import Response, get
from pydantic import SecretStr

from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.errors import WorkerError
from fleet_app.fleet_csv.client import ProfilesClient
from fleet_app.ingest.profiles_import import Became
from tests.ingest.fleets import worker_that_decides
from tests.web.fakes import KEY, bare_server, free_port

pytestmark = pytest.mark.anyio


def fleet_of(vehicles: int) -> list[VehicleProfile]:
    return [VehicleProfile(vehicle_id=f"van-{number:04}", revision=1) for number in range(vehicles)]


async def test_all_profiles_are_read_however_many_pages_they_take() -> None:
    profiles = fleet_of(2_001)
    async with worker_that_decides(*profiles) as (url, _), ProfilesClient(url, None) as client:
        assert [*(await client.all()).values()] == profiles


async def test_changes_are_told_what_became_of_them_however_many_requests_they_take() -> None:
    profiles = [msgspec.structs.replace(profile, revision=0) for profile in fleet_of(2_001)]
    async with worker_that_decides() as (url, kafka), ProfilesClient(url, None) as client:
        became = await client.put_all(profiles)

    assert [one.vehicle_id for one in became] == [profile.vehicle_id for profile in profiles]
    assert {one.became for one in became} == {Became.MADE}
    assert {change.seen_revision for change in kafka.changes} == {0}


async def test_the_key_is_sent() -> None:
    async with worker_that_decides(api_key=KEY) as (url, _):
        async with ProfilesClient(f"{url}/", SecretStr(KEY)) as client:
            known = await client.all()
        async with ProfilesClient(url, None) as stranger:
            with pytest.raises(WorkerError, match="answered 401: send the header"):
                await stranger.all()

    assert known == {}


async def test_no_worker_is_told_with_what_to_do() -> None:
    async with ProfilesClient(f"http://127.0.0.1:{free_port()}", None) as client:
        with pytest.raises(WorkerError, match="start one with `fleet up`, or name one with --url"):
            await client.all()


@get("/api/vehicle-profiles")
async def answer_otherwise() -> Response[str]:
    return Response("teapot", status_code=418)


async def test_something_else_at_the_url_is_told() -> None:
    async with bare_server(answer_otherwise) as url, ProfilesClient(url, None) as client:
        with pytest.raises(WorkerError, match=r"answered 418: not as a worker does: is this the right --url\?"):
            await client.all()
