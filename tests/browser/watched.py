"""What a page does behind its face: errors, and whom it asks."""

from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

_OWN_HOSTS: Final = frozenset({"127.0.0.1", "localhost", ""})
# What Chromium itself says of an answer that did not come; whether that is an error is for the page to show.
_OF_THE_NETWORK: Final = ("Failed to load resource", "WebSocket connection to", "net::ERR_")
# The software renderer's, not the page's.
_OF_THE_RENDERER: Final = ("GPU stall due to ReadPixels", "GL Driver Message", "swiftshader")


class Watched:
    """A page under watch."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.page = page
        self._errors: list[str] = []
        self._asked: set[str] = set()
        page.on("pageerror", lambda error: self._errors.append(str(error)))
        page.on("console", self._hear)
        context.on("request", self._note)
        page.on("websocket", lambda socket: self._asked.add(socket.url))

    def problems(self) -> list[str]:
        """Return the errors of the page, and what it asked anybody but a worker for."""
        foreign = sorted(url for url in self._asked if (urlsplit(url).hostname or "") not in _OWN_HOSTS)
        return [*self._errors, *(f"asked: {url}" for url in foreign)]

    def _hear(self, message: ConsoleMessage) -> None:
        is_own = not any(words in message.text for words in (*_OF_THE_NETWORK, *_OF_THE_RENDERER))
        if message.type in {"error", "warning"} and is_own:
            self._errors.append(f"{message.type}: {message.text}")

    def _note(self, request: Request) -> None:
        self._asked.add(request.url)
