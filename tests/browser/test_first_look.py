"""The first minutes of a newcomer: nothing, then vehicles, then one of them looked at closely."""

import time
from typing import Final, Literal

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import Demo
from tests.browser.screens import Screens
from tests.browser.settling import settle
from tests.browser.watched import Watched
from tests.support.processes import Cluster

Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")

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
    "geofences": "/?view=geofences",
    "selection": "/?vehicle=van-07",
    "vehicle": "/vehicles/van-07",
    "trips": "/vehicles/van-07/trips",
    "why": "/vehicles/van-07/why",
    "system": "/system",
    "login": "/login",
    "nowhere": "/vehicles/van-07/nothing",
}
PANELS = {"connection": 0, "display": 1}
"""What opens from the header: which of its buttons."""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_clean_in_both_themes_and_on_a_phone(
    demo: Demo, watched: Watched, screens: Screens, name: str, scheme: Scheme
) -> None:
    assert look_closely(watched.page, screens, f"{name}-{scheme}", demo.urls[0] + PAGES[name], scheme) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_replay_is_clean_in_both_themes_and_on_a_phone(
    demo: Demo, watched: Watched, screens: Screens, scheme: Scheme
) -> None:
    url = f"{demo.urls[0]}/vehicles/van-07/trips?trip={demo.trip_of('van-07')}"

    assert look_closely(watched.page, screens, f"replay-{scheme}", url, scheme) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("panel", PANELS)
def test_what_opens_from_the_header_is_clean(
    demo: Demo, watched: Watched, screens: Screens, panel: str, scheme: Scheme
) -> None:
    page = watched.page
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{demo.urls[0]}/?view=table")
    expect(page.get_by_role("row").nth(3)).to_be_visible()
    page.get_by_role("banner").get_by_role("button").nth(PANELS[panel]).click()

    assert look_at(page, screens, f"{panel}-{scheme}") == []


def look_closely(page: Page, screens: Screens, name: str, url: str, scheme: Scheme) -> list[str]:
    """Return what is wrong with a page, wide and on a phone; keep how it looks."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_be_attached()
    found = look_at(page, screens, name)
    page.set_viewport_size({"width": 390, "height": 844})
    return [*found, *look_at(page, screens, f"{name}-phone")]


def look_at(page: Page, screens: Screens, name: str) -> list[str]:
    """Return what is wrong with what is shown; keep how it looks."""
    settle(page)
    screens.keep(page, name)
    return [f"{name}: {each}" for each in violations(page)]
