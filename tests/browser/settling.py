"""Waiting for what draws itself in."""

from typing import Final

from playwright.sync_api import Page

_NOTHING_IS_BUSY: Final = "() => document.querySelector('[aria-busy=true]') === null"
_TWO_FRAMES: Final = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def settle(page: Page) -> None:
    """Return once maps are drawn, and charts have followed the window's size."""
    page.wait_for_function(_NOTHING_IS_BUSY)
    page.evaluate(_TWO_FRAMES)
