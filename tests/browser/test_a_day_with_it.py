"""What a dispatcher does with the screen: find, narrow, look closer, replay, ask why, go on when a worker dies."""

import re
import time

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Demo
from tests.browser.keyboard import press_on, tab_to, type_into
from tests.browser.settling import settle
from tests.browser.watched import Watched
from tests.support.processes import Cluster, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

NARROWED = re.compile(r"\d of \d")
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
    expect(tally(page)).not_to_contain_text(NARROWED)


def test_vehicles_move_on_the_map_while_nobody_does_anything(demo: Demo, watched: Watched) -> None:
    page = watched.page
    page.goto(demo.urls[0])
    expect(page.get_by_role("row").nth(3)).to_be_visible()
    settle(page)
    drawn = page.get_by_role("region", name="Map")
    before = drawn.screenshot()

    eventually(lambda: drawn.screenshot() != before, what="the map shows something else")


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


def test_all_of_it_is_done_by_keyboard_alone(demo: Demo, watched: Watched) -> None:
    page = watched.page
    demo.trip_of("van-07")
    page.goto(demo.urls[0])
    expect(page.get_by_role("row").nth(3)).to_be_visible()

    press_on(page, page.get_by_role("button", name=re.compile("^Moving")), "Space")
    expect(tally(page)).to_contain_text(NARROWED)
    press_on(page, page.get_by_role("button", name="Reset filter"))
    expect(tally(page)).not_to_contain_text(NARROWED)

    page.keyboard.press("/")
    page.keyboard.type("van-07")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    press_on(page, page.get_by_role("link", name="Open vehicle page"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Van 7")

    press_on(page, page.get_by_role("link", name="Trips", exact=True))
    press_on(page, page.get_by_role("link", name=re.compile(r"^Trip \d")).last)
    scrubber = page.get_by_role("slider", name="Time in the trip")
    tab_to(page, scrubber)
    before = scrubber.get_attribute("aria-valuetext") or ""
    page.keyboard.press("ArrowRight")
    expect(scrubber).not_to_have_attribute("aria-valuetext", before)
    press_on(page, page.get_by_role("button", name="Play", exact=True))
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()

    press_on(page, page.get_by_role("link", name="Why", exact=True))
    expect(page.get_by_role("heading", name="Sent and accepted")).to_be_visible()
    press_on(page, page.get_by_role("link", name="System", exact=True))
    expect(page.get_by_text("2 of 2 running")).to_be_visible()


def test_a_geofence_is_typed_by_keyboard_alone_and_an_event_seen_from_it(empty: Cluster, watched: Watched) -> None:
    page = watched.page
    (worker,) = empty.start(1)
    send_position(worker.url, DEPOT["lat"] + 0.002)
    page.goto(worker.url)

    press_on(page, page.get_by_role("button", name="Geofences"))
    press_on(page, page.get_by_role("button", name="New circle"))
    type_into(page, page.get_by_label("Latitude, degrees"), str(DEPOT["lat"]))
    type_into(page, page.get_by_label("Longitude, degrees"), str(DEPOT["lon"]))
    type_into(page, page.get_by_label(re.compile("^Radius")), "100")
    type_into(page, page.get_by_label("Name", exact=True), "Depot")
    press_on(page, page.get_by_role("button", name="Save"))
    expect(page.get_by_text("Depot is saved, and holds from now on.")).to_be_visible()
    eventually(lambda: is_inside(worker.url), within_s=60, what="van-1 is in the geofence")

    expect(arrival(page)).to_be_visible(timeout=15_000)


def test_a_geofence_is_drawn_on_the_map_and_an_event_seen_from_it(empty: Cluster, watched: Watched) -> None:
    page = watched.page
    (worker,) = empty.start(1)
    send_position(worker.url, DEPOT["lat"] + 0.01)
    page.goto(f"{worker.url}/?at={DEPOT['lat']},{DEPOT['lon']},16&view=geofences")
    settle(page)

    page.get_by_role("button", name="New polygon").click()
    expect(page.get_by_text("Click the corners")).to_be_visible()
    for corner in around_the_middle(page.get_by_role("region", name="Map")):
        page.mouse.click(*corner)
    page.keyboard.press("Enter")
    page.get_by_label("Name", exact=True).fill("Yard")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Yard is saved, and holds from now on.")).to_be_visible()
    eventually(lambda: is_inside(worker.url), within_s=60, what="van-1 is in the geofence")

    expect(arrival(page)).to_be_visible(timeout=15_000)


def arrival(page: Page) -> Locator:
    return page.get_by_role("listitem").filter(has_text=re.compile("^van-1 entered at"))


def around_the_middle(shown: Locator) -> list[tuple[float, float]]:
    """Return the corners of a rectangle on the page, around the middle of something."""
    box = shown.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    return [(x - 120, y - 90), (x + 120, y - 90), (x + 120, y + 90), (x - 120, y + 90)]
