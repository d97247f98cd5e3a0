"""What the dashboard is told before it shows anything."""

from pathlib import Path

import pytest

from fleet_app import __version__
from fleet_app.domain.access.rights import Role
from tests.web.fakes import Group, Pair, worker
from tests.web.keys import api_key, bearer, device_key

pytestmark = pytest.mark.anyio


async def test_the_worker_that_answers_is_named_first_and_then_the_others(pair: Pair) -> None:
    for asked, other in [(pair.even, pair.odd), (pair.odd, pair.even)]:
        told = (await asked.client.get("/api/page-settings")).json()

        assert told == {
            "version": __version__,
            "timezone": "UTC",
            "workers": [asked.url, other.url],
            "role": "admin",
            "map": {"tiles": None, "style_url": None},
        }


async def test_a_worker_that_knows_of_nobody_yet_names_itself() -> None:
    async with worker(Group(), [], {}) as alone:
        assert (await alone.client.get("/api/page-settings")).json()["workers"] == [alone.url]


async def test_the_operators_map_and_time_zone_are_told(tmp_path: Path) -> None:
    tiles = tmp_path / "berlin.pmtiles"
    tiles.write_bytes(b"PMTiles\x03")
    style_url = "https://maps.example/s.json"
    async with worker(Group(), [], {}, map_tiles=tiles, map_style_url=style_url, timezone="Europe/Berlin") as alone:
        told = (await alone.client.get("/api/page-settings")).json()

    assert told["map"] == {"tiles": "/map/region.pmtiles", "style_url": style_url}
    assert told["timezone"] == "Europe/Berlin"


async def test_everybody_who_sees_is_told_their_own_role() -> None:
    keys = (api_key("viewer", Role.VIEWER, "acme"), device_key("tracker", "van-1"))
    async with worker(Group(), [], {}, keys=keys) as alone:
        viewer = await alone.client.get("/api/page-settings", headers=bearer("viewer"))
        device = await alone.client.get("/api/page-settings", headers=bearer("tracker"))

    assert (viewer.json()["role"], device.status_code) == ("viewer", 403)
