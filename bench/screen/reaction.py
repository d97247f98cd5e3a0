"""Measure when the live map first follows a hand: `python -m bench.screen.reaction URL`, of a worker with the page.

Each run is a browser of its own that has never seen the page. The wheel is turned over the place of the map, from the
start of the load until the map takes a turn for itself and the frame after that is drawn.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

import msgspec
from playwright.sync_api import Browser, sync_playwright

from bench.screen.chromium import FLAGS, on_the_path

TURN_EVERY_MS: Final = 25
MOST_TURNS: Final = 1_000
AT: Final = (400, 450)
_WATCH: Final = """
addEventListener("wheel", (event) => {
  if (event.defaultPrevented && window.reactedMs === undefined) {
    window.reactedMs = null;
    requestAnimationFrame(() => requestAnimationFrame(() => { window.reactedMs = performance.now(); }));
  }
}, { passive: false });
"""


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """When the page was ready, from the start of its load.

    Attributes:
        load_ms: The browser's own event.
        reacted_ms: The map had been drawn anew after a turn of the wheel.
    """

    load_ms: float
    reacted_ms: float


def react(browser: Browser, url: str) -> Reaction:
    """Open the page, and turn the wheel until the map follows.

    Raises:
        RuntimeError: It never does.
    """
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        page.add_init_script(_WATCH)
        page.goto(url, wait_until="commit")
        page.mouse.move(*AT)
        for _ in range(MOST_TURNS):
            page.mouse.wheel(0, -10)
            page.wait_for_timeout(TURN_EVERY_MS)
            reacted_ms = page.evaluate("() => window.reactedMs ?? null")
            if reacted_ms is not None:
                load_ms = page.evaluate("() => performance.getEntriesByType('navigation')[0].loadEventEnd")
                return Reaction(load_ms=load_ms, reacted_ms=reacted_ms)
        raise RuntimeError(
            f"the map of {url} has not followed {MOST_TURNS} turns of the wheel; does the page show one?"
        )


def main() -> None:
    """Print a line of JSON for each run."""
    parser = argparse.ArgumentParser(description="Measure when the live map first follows a hand.")
    parser.add_argument("url", help="of a worker that serves the dashboard")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--chromium", type=Path, default=on_the_path(), required=on_the_path() is None)
    given = parser.parse_args()
    with sync_playwright() as playwright:
        for _ in range(given.runs):
            browser = playwright.chromium.launch(executable_path=given.chromium, args=list(FLAGS))
            sys.stdout.write(msgspec.json.encode(react(browser, given.url)).decode() + "\n")
            sys.stdout.flush()
            browser.close()


if __name__ == "__main__":
    main()
