"""The first minutes of a newcomer: nothing, then vehicles, then one of them looked at closely."""

import time

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import violations
from tests.browser.conftest import Demo
from tests.browser.screens import Screens
from tests.browser.watched import Watched
from tests.support.processes import Cluster

SETTLES_MS = 2_000
"""Maps and charts draw themselves in, and tell nobody when they are done; only the screenshots depend on it."""

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_an_empty_page_says_how_to_begin_and_shows_the_first_vehicle_as_soon_as_it_is_there(
    empty: Cluster, watched: Watched, screens: Screens
) -> None:
    page = watched.page
    (worker,) = empty.start(1)
    page.goto(worker.url)
    expect(page.get_by_text("No vehicles yet")).to_be_visible()
    screens.keep(page, "empty")
    httpx.post(
        f"{worker.url}/api/positions",
        json={"vehicle_id": "first", "time_ms": time.time_ns() // 1_000_000, "lat": 52.4345, "lon": 13.5365},
    ).raise_for_status()

    expect(page.get_by_role("grid").get_by_text("first")).to_be_visible()
    assert violations(page) == []


PAGES = {
    "live": "/",
    "table": "/?view=table",
    "vehicle": "/vehicles/van-07",
    "trips": "/vehicles/van-07/trips",
    "why": "/vehicles/van-07/why",
    "system": "/system",
    "login": "/login",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_clean_in_both_themes_and_on_a_phone(
    demo: Demo, watched: Watched, screens: Screens, name: str, scheme: str
) -> None:
    page = watched.page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of its words
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(demo.urls[0] + PAGES[name])
    expect(page.get_by_role("heading", level=1)).to_be_attached()
    page.wait_for_timeout(SETTLES_MS)
    screens.keep(page, f"{name}-{scheme}")
    found = violations(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(SETTLES_MS)
    screens.keep(page, f"{name}-{scheme}-phone")

    assert found == []
    assert violations(page) == []
