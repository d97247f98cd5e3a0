"""API keys of a running worker, asked and changed over its HTTP API."""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import msgspec

from fleet_app.domain.access.shown_key import ShownKey
from fleet_app.http.asking import AskedWorker
from fleet_app.ingest.keys import HandedOut, KeyDraft, Rotation
from fleet_app.web.paging import Page

_KEYS_PER_PAGE: Final = 1_000
_PATH: Final = "/api/keys"


class KeysClient(AskedWorker):
    """A worker's API keys. Use as an async context manager.

    Every method raises `InputError` for what cannot be or is not for this key, and `WorkerError` where no worker
    answers, or cannot tell at the moment.
    """

    async def all(self) -> list[ShownKey]:
        """Return all keys that the caller keeps, in the order of their ids."""
        keys: list[ShownKey] = []
        query = {"limit": str(_KEYS_PER_PAGE)}
        while True:
            page = msgspec.json.decode(await self.ask("GET", _PATH, query=query), type=Page[ShownKey])
            keys += page.items
            if page.next is None:
                return keys
            query["cursor"] = page.next

    async def create(self, draft: KeyDraft) -> HandedOut:
        """Make a key, and return it with its secret."""
        answer = await self.ask("POST", _PATH, body=msgspec.json.encode(draft), answered={HTTPStatus.CREATED})
        return msgspec.json.decode(answer, type=HandedOut)

    async def rotate(self, key_id: str, rotation: Rotation) -> HandedOut:
        """Give a key another secret, and return it."""
        answer = await self.ask("POST", f"{_PATH}/{quote(key_id, safe='')}/rotate", body=msgspec.json.encode(rotation))
        return msgspec.json.decode(answer, type=HandedOut)

    async def revoke(self, key_id: str) -> None:
        """Revoke a key; returns once the worker that is asked refuses it, or, if that takes long, once it is sent."""
        await self.ask(
            "DELETE",
            f"{_PATH}/{quote(key_id, safe='')}",
            query={"wait": "1"},
            answered={HTTPStatus.NO_CONTENT, HTTPStatus.ACCEPTED},
        )
