"""What a dispatcher does with the screen: find, narrow, look closer, replay, ask why, go on when a worker dies."""

import re
import time

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Demo
from tests.browser.watched import Watched
from tests.support.processes import Cluster, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

DEPOT = {"lat": 52.4345, "lon": 13.5365}


def send_position(url: str, lat: float) -> None:
    now_ms = time.time_ns() // 1_000_000
    position = {"vehicle_id": "van-1", "time_ms": now_ms, "lat": lat, "lon": DEPOT["lon"], "accuracy_m": 3}
    httpx.post(f"{url}/api/positions", json=position).raise_for_status()


def is_inside(url: str) -> bool:
    """Return whether the van is in a geofence; it stands at the depot, and says so once more."""
    send_position(url, DEPOT["lat"])
    return bool(httpx.get(f"{url}/api/vehicles/van-1").json()["geofence_ids"])


def vehicles_of(url: str) -> int:
    """Return how many vehicles a worker lists; 0 while it cannot read all of them."""
    answer = httpx.get(f"{url}/api/vehicles", params={"limit": 1_000}, timeout=30)
    return len(answer.json()["items"]) if answer.status_code == httpx.codes.OK else 0


def tally(page: Page) -> Locator:
    return page.locator(".live__bar")


@pytest.mark.parametrize("text", ["van-07", "B-FL 007", "greta lind"])
def test_a_vehicle_is_found_by_id_plate_and_driver(demo: Demo, watched: Watched, text: str) -> None:
    page = watched.page
    page.goto(demo.urls[0])
    expect(page.get_by_role("row").nth(3)).to_be_visible()
    page.get_by_role("combobox", name="Find a vehicle").fill(text)
    page.get_by_role("option").first.click()

    expect(page.get_by_role("region", name="Selected vehicle")).to_contain_text("Greta Lindholm")
    expect(page).to_have_url(re.compile("vehicle=van-07"))


def test_a_filter_narrows_map_table_and_counts_together_and_stands_in_the_address(demo: Demo, watched: Watched) -> None:
    page = watched.page
    page.goto(demo.urls[0])
    page.get_by_label("Group").select_option("vans")
    expect(tally(page)).to_contain_text(re.compile(r"27 of [\d,]+ vehicles"))
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "28")

    page.reload()
    expect(tally(page)).to_contain_text(re.compile(r"27 of [\d,]+ vehicles"))
    page.get_by_role("button", name="Reset filter").click()
    expect(tally(page)).not_to_contain_text(" of ")


def test_vehicles_move_on_the_map_while_nobody_does_anything(demo: Demo, watched: Watched) -> None:
    page = watched.page
    page.goto(demo.urls[0])
    expect(page.get_by_role("row").nth(3)).to_be_visible()
    page.wait_for_function("() => globalThis.fleetMeter !== undefined && globalThis.fleetMeter.frames > 5")


def test_a_trip_is_replayed(demo: Demo, watched: Watched) -> None:
    page = watched.page
    eventually(
        lambda: httpx.get(f"{demo.urls[0]}/api/vehicles/van-07/trips").json()["items"], within_s=120, what="a trip"
    )
    page.goto(f"{demo.urls[0]}/vehicles/van-07/trips")
    page.get_by_role("link", name=re.compile(r"^Trip \d")).last.click()
    scrubber = page.get_by_role("slider", name="Time in the trip")
    expect(scrubber).to_be_visible()
    before = scrubber.get_attribute("aria-valuetext")
    page.get_by_role("button", name="Play", exact=True).click()

    expect(scrubber).not_to_have_attribute("aria-valuetext", before or "", timeout=15_000)


def test_the_why_page_tells_sent_from_accepted(demo: Demo, watched: Watched) -> None:
    page = watched.page
    page.goto(f"{demo.urls[0]}/vehicles/van-07/why")

    expect(page.get_by_role("heading", name="Sent and accepted")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^Accepted"))).to_contain_text(re.compile(r"\d"))
    expect(page.get_by_role("heading", name="Refused, by reason")).to_be_visible()


def test_the_page_goes_on_when_the_worker_that_it_is_connected_to_is_killed(demo: Demo, watched: Watched) -> None:
    page = watched.page
    page.goto(demo.urls[1])
    expect(page.get_by_role("row").nth(3)).to_be_visible()
    page.get_by_role("link", name="System").click()
    expect(page.get_by_text("2 of 2 running")).to_be_visible()
    demo.kill_worker(demo.urls[1])

    expect(page.get_by_text(re.compile("moved|gone|silent|does not answer", re.IGNORECASE)).first).to_be_visible(
        timeout=30_000
    )
    page.get_by_role("link", name="Live map").click()
    expect(page.get_by_role("row").nth(3)).to_be_visible(timeout=30_000)
    known = eventually(lambda: vehicles_of(demo.urls[0]), what="all vehicles are read")
    expect(tally(page)).to_contain_text(f"{known} vehicles", timeout=30_000)
    eventually(demo.is_ready, within_s=60, what="the worker is back, for the other tests")


def test_everything_on_the_live_page_is_done_by_keyboard_alone(demo: Demo, watched: Watched) -> None:
    page = watched.page
    page.goto(demo.urls[0])
    expect(page.get_by_role("row").nth(3)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("van-07")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    card = page.get_by_role("region", name="Selected vehicle")
    expect(card).to_contain_text("Van 7")
    page.get_by_role("grid").focus()
    page.keyboard.press("Tab")
    card.get_by_role("link", name="Open vehicle page").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Van 7")
    page.get_by_role("link", name="Why", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sent and accepted")).to_be_visible()


def test_a_geofence_is_made_and_an_event_seen_from_it(empty: Cluster, watched: Watched) -> None:
    page = watched.page
    (worker,) = empty.start(1)

    send_position(worker.url, DEPOT["lat"] + 0.002)
    page.goto(worker.url)
    page.get_by_role("button", name="Geofences").click()
    page.get_by_role("button", name="New circle").click()
    page.get_by_label("Latitude, degrees").fill(str(DEPOT["lat"]))
    page.get_by_label("Longitude, degrees").fill(str(DEPOT["lon"]))
    page.get_by_label(re.compile("^Radius")).fill("100")
    page.get_by_label("Name", exact=True).fill("Depot")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Depot is saved, and holds from now on.")).to_be_visible()
    eventually(lambda: is_inside(worker.url), within_s=60, what="van-1 is in the geofence")

    expect(page.get_by_role("listitem").filter(has_text=re.compile("^van-1 entered at"))).to_be_visible(timeout=15_000)
