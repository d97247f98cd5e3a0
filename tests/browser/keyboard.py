"""Going about a page without a mouse."""

from typing import Final

import pytest
from playwright.sync_api import Locator, Page

_MOST_STEPS: Final = 150
_HAS_FOCUS: Final = "element => element === document.activeElement"


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Go on to something with the Tab key, step by step."""
    target.wait_for()
    for _ in range(_MOST_STEPS):
        if target.evaluate(_HAS_FOCUS):
            return
        page.keyboard.press(key)
    pytest.fail(f"{target} is not reached with {_MOST_STEPS} times {key}")


def press_on(page: Page, target: Locator, key: str = "Enter") -> None:
    """Go on to something with the Tab key, and press a key there."""
    tab_to(page, target)
    page.keyboard.press(key)


def type_into(page: Page, target: Locator, text: str) -> None:
    """Go on to a field with the Tab key, and type into it in the place of what is there."""
    tab_to(page, target)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)
