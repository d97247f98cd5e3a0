"""Screenshots of every page, light, dark and as wide as a phone."""

from pathlib import Path

from playwright.sync_api import Page


class Screens:
    """The folder that they are kept in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, page: Page, name: str) -> None:
        """Keep what the page shows now."""
        page.screenshot(path=self._folder / f"{name}.png")
