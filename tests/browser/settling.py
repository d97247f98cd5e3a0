"""Waiting for what draws itself in."""

from typing import Final

from playwright.sync_api import Page

_NOTHING_IS_BUSY: Final = "() => document.querySelector('[aria-busy=true]') === null"
_FRAMES: Final = 30
"""Names on maps fade in within 0.3 s, and the software renderer shows what is drawn some frames later."""
_DRAW_SOME: Final = """
async count => {
  for (let number = 0; number < count; number++) await new Promise(requestAnimationFrame);
}
"""


def settle(page: Page) -> None:
    """Return once maps are drawn, and charts have followed the window's size."""
    page.wait_for_function(_NOTHING_IS_BUSY)
    page.evaluate(_DRAW_SOME, _FRAMES)
