"""Answers that last for hours, as the live feed's: ended once their caller is no more who it was when it began.

A key may expire, be revoked or be given another tenant meanwhile. It is looked at again as something is sent, so that
this costs nothing where nothing is, and every feed has a heartbeat.
"""

import time
from typing import Final

from litestar.types import Message, Send

from fleet_app.domain.access.caller import Caller
from fleet_app.http.authentication import Authentication
from fleet_app.http.head import Head
from fleet_app.http.problems import ApiError

RECHECK_S: Final = 10.0
_POLICY_VIOLATION: Final = 1008
"""Why the WebSocket is closed, as RFC 6455 numbers it."""


class Welcome:
    """Tells whether whoever asked may go on.

    Args:
        authentication: Finds out who asks.
        head: The request, as it came.
        caller: Who it came from then.
        recheck_s: How long that is believed.
    """

    def __init__(self, authentication: Authentication, head: Head, caller: Caller, recheck_s: float) -> None:
        self._authentication = authentication
        self._head = head
        self._caller = caller
        self._recheck_s = recheck_s
        self._believed_until_s = time.monotonic() + recheck_s

    def is_over(self) -> bool:
        """Return whether the caller has become another, or nobody."""
        now_s = time.monotonic()
        if now_s < self._believed_until_s:
            return False
        self._believed_until_s = now_s + self._recheck_s
        try:
            return self._authentication.identify(self._head) != self._caller
        except ApiError:
            return True


class Sending:
    """A send that ends the answer or closes the WebSocket once its caller's welcome is over, and then sends no more.

    Whoever sends learns of it as of a client that has gone.
    """

    def __init__(self, send: Send, welcome: Welcome) -> None:
        self._send = send
        self._welcome = welcome
        self._is_ended = False

    async def __call__(self, message: Message) -> None:
        """Send a message, or the end in its place."""
        if self._is_ended:
            return
        if _goes_on(message) and self._welcome.is_over():
            self._is_ended = True
            await self._send(_ending(message))
        else:
            await self._send(message)


def _goes_on(message: Message) -> bool:
    if message["type"] == "http.response.body":
        return message["more_body"]
    return message["type"] == "websocket.send"


def _ending(message: Message) -> Message:
    if message["type"] == "http.response.body":
        return {"type": "http.response.body", "body": b"", "more_body": False}
    return {"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": "the key or session is over"}
