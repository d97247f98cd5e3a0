"""Measure the live page with a large fleet: `python -m bench.screen.measure URL`, of a worker that serves the page.

The page is the real one; what the feed tells is made here and put in the place of the worker's, so that nothing but the
browser is measured. Vehicles drive straight on, each told once every `VEHICLES / UPDATES_PER_S` seconds.
"""

import argparse
import math
import random
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from playwright.sync_api import Page, WebSocketRoute, sync_playwright

from bench.screen.chromium import FLAGS, on_the_path
from fleet_app.bench.load import METRES_PER_DEGREE
from fleet_app.domain.states import State
from fleet_app.live.fleet import LiveFleet, Place, Row
from fleet_app.live.forms import ENCODERS
from fleet_app.live.frames import Changes, Encoding, Fields, Form, Head, Kind
from fleet_app.records.vehicle_now import VehicleNow

VEHICLES: Final = 10_000
UPDATES_PER_S: Final = 2_000
FRAMES_PER_S: Final = 10
CENTRE: Final = (52.43, 13.53)
SPREAD_DEG: Final = 0.12
SPEED_MPS: Final = 12.0
_FORM: Final = Form(Fields.MAP, Encoding.PACKED)


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What the page costs at a moment.

    Attributes:
        at_s: Seconds since the fleet was there.
        frames: Drawn since the look before.
        frame_p50_ms: Our own JavaScript per frame, without the map library's, updates included.
        frame_p95_ms: The same.
        heap_mb: What JavaScript holds after a collection.
    """

    at_s: float
    frames: int
    frame_p50_ms: float | None
    frame_p95_ms: float | None
    heap_mb: float


class Drive:
    """A fleet that drives for ever."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._fleet = LiveFleet("bench", 1)
        self._offset = 0
        self._next = 0
        self._headings = [chance.uniform(0, 360) for _ in range(VEHICLES)]
        self._places = [(CENTRE[0] + self._shift(), CENTRE[1] + self._shift()) for _ in range(VEHICLES)]

    def everything(self, now_ms: int) -> bytes:
        """Return the frame that a page begins with."""
        rows = [self._move(number, now_ms) for number in range(VEHICLES)]
        return self._frame(Kind.RESET, Changes(rows, rows), now_ms)

    def some(self, now_ms: int) -> bytes:
        """Return the next frame: of those whose turn it is."""
        count = UPDATES_PER_S // FRAMES_PER_S
        rows = [self._move((self._next + step) % VEHICLES, now_ms) for step in range(count)]
        self._next = (self._next + count) % VEHICLES
        return self._frame(Kind.DELTA, Changes(rows), now_ms)

    def _frame(self, kind: Kind, changes: Changes, now_ms: int) -> bytes:
        encoder = ENCODERS[_FORM]
        return encoder.frame(Head(kind, now_ms, 0, f"token-{self._offset}"), [encoder.changes(changes)])

    def _move(self, number: int, now_ms: int) -> Row:
        heading = math.radians(self._headings[number])
        lat, lon = self._places[number]
        way_deg = SPEED_MPS * VEHICLES / UPDATES_PER_S / METRES_PER_DEGREE
        lat, lon = lat + way_deg * math.cos(heading), lon + way_deg * math.sin(heading) / math.cos(math.radians(lat))
        self._places[number] = lat, lon
        vehicle_id = f"vehicle-{number:05}"
        state = State.MOVING if number % 3 else State.STOP
        value = VehicleNow(
            vehicle_id=vehicle_id,
            tenant="default",
            time_ms=now_ms,
            received_ms=now_ms,
            lat=lat,
            lon=lon,
            odometer_m=0.0,
            fixes=1,
            state=state,
            speed_mps=SPEED_MPS if state is State.MOVING else 0.0,
            heading_deg=self._headings[number],
        )
        self._fleet.put(Place(0, self._offset), value)
        self._offset += 1
        row = self._fleet.get(vehicle_id)
        assert row is not None, vehicle_id  # noqa: S101 - it was put there two lines above
        return row

    def _shift(self) -> float:
        return self._chance.uniform(-SPREAD_DEG / 2, SPREAD_DEG / 2)


class Screen:
    """The live page, told by this program."""

    def __init__(self, page: Page, url: str, zoom: float) -> None:
        self._page = page
        self._sockets: list[WebSocketRoute] = []
        self._errors: list[str] = []
        self._inspector = page.context.new_cdp_session(page)
        page.on("pageerror", lambda error: self._errors.append(str(error)))
        page.route_web_socket(re.compile("/live[?]"), self._take)
        page.goto(f"{url}/?at={CENTRE[0]},{CENTRE[1]},{zoom}")
        while not self._sockets:
            page.wait_for_timeout(50)

    def _take(self, socket: WebSocketRoute) -> None:
        self._sockets.append(socket)

    def tell(self, frame: bytes) -> None:
        """Let the feed say something."""
        self._sockets[-1].send(frame)

    def wait(self, until_s: float) -> None:
        """Let the page live until a moment of the monotonic clock."""
        self._page.wait_for_timeout(max(0.0, until_s - time.monotonic()) * 1_000)

    def look(self, at_s: float) -> Look:
        """Return what it costs, and begin to measure anew.

        Raises:
            RuntimeError: The page had an error: one that throws looks fast.
        """
        if self._errors:
            raise RuntimeError(f"the page had errors: {self._errors}")
        frames, p50_ms, p95_ms = self._page.evaluate(
            "() => { const meter = window.fleetMeter, told = [meter.frames, meter.frameMs(0.5), meter.frameMs(0.95)];"
            " meter.clear(); return told; }"
        )
        # `gc()` of the page leaves something that this collects: with it, a heap that is flat seems to grow.
        self._inspector.send("HeapProfiler.collectGarbage")
        heap_mb = self._inspector.send("Runtime.getHeapUsage")["usedSize"] / 1e6
        return Look(at_s=at_s, frames=frames, frame_p50_ms=p50_ms, frame_p95_ms=p95_ms, heap_mb=heap_mb)


def measure(screen: Screen, drive: Drive, *, seconds: float, every_s: float) -> Iterator[Look]:
    """Let the fleet drive, and look at the page now and then."""
    screen.tell(drive.everything(_now_ms()))
    began_s = time.monotonic()
    screen.wait(began_s + every_s)
    screen.look(0.0)
    for number in range(round(seconds * FRAMES_PER_S)):
        screen.wait(began_s + every_s + number / FRAMES_PER_S)
        screen.tell(drive.some(_now_ms()))
        if number % round(every_s * FRAMES_PER_S) == round(every_s * FRAMES_PER_S) - 1:
            yield screen.look(round(time.monotonic() - began_s, 1))


def main() -> None:
    """Print a line of JSON for each look."""
    parser = argparse.ArgumentParser(description="Measure the live page with a large fleet.")
    parser.add_argument("url", help="of a worker that serves the dashboard")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two looks")
    parser.add_argument("--zoom", type=float, default=14.0)
    parser.add_argument("--chromium", type=Path, default=on_the_path(), required=on_the_path() is None)
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=given.chromium, args=list(FLAGS))
        screen = Screen(browser.new_page(), given.url, given.zoom)
        drive = Drive(random.Random(1))  # noqa: S311 - a benchmark's fleet
        for look in measure(screen, drive, seconds=given.seconds, every_s=given.every):
            sys.stdout.write(msgspec.json.encode(look).decode() + "\n")
            sys.stdout.flush()
        browser.close()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    main()
