"""Feeds end when their caller's key does."""

import pytest
from litestar.types import Message

from fleet_app.domain.access.rights import Role
from fleet_app.global_views import API_KEYS
from fleet_app.http.authentication import ClosedMode
from fleet_app.http.lasting import Sending, Welcome
from tests.http.heads import NOBODY_ELSE, head
from tests.web.fakes import CLUSTER_SECRET, KEY, FakeViews, SettableClock
from tests.web.keys import api_key, bearer

pytestmark = pytest.mark.anyio
FRAME: Message = {"type": "websocket.send", "bytes": b"frame", "text": None}
PART: Message = {"type": "http.response.body", "body": b"part", "more_body": True}
WHOLE: Message = {"type": "http.response.body", "body": b"whole", "more_body": False}
ENDS: dict[str, Message] = {
    "websocket.send": {"type": "websocket.close", "code": 1008, "reason": "the key or session is over"},
    "http.response.body": {"type": "http.response.body", "body": b"", "more_body": False},
}


class Feed:
    """What a caller of a feed gets to see."""

    def __init__(self, recheck_s: float = 0) -> None:
        self.views = FakeViews()
        self.views.show(API_KEYS, {"viewer": api_key("viewer", Role.VIEWER, "acme")})
        mode = ClosedMode(
            operator_key=KEY,
            cluster_secret=CLUSTER_SECRET,
            views=self.views,
            origins=NOBODY_ELSE,
            clock=SettableClock(),
        )
        asked = head(authorization=bearer("viewer")["Authorization"])
        self.seen: list[Message] = []
        self.send = Sending(self._see, Welcome(mode, asked, mode.identify(asked), recheck_s))

    async def _see(self, message: Message) -> None:
        self.seen.append(message)


@pytest.mark.parametrize("message", [FRAME, PART, WHOLE])
async def test_a_feed_goes_on_while_its_key_is_what_it_was(message: Message) -> None:
    feed = Feed()
    await feed.send(message)
    await feed.send(message)

    assert feed.seen == [message, message]


@pytest.mark.parametrize("message", [FRAME, PART])
@pytest.mark.parametrize("now", [None, api_key("viewer", Role.VIEWER, "other"), api_key("viewer", Role.DEVICE, "acme")])
async def test_a_feed_ends_once_its_key_is_revoked_or_another(message: Message, now: object) -> None:
    feed = Feed()
    await feed.send(message)
    feed.views.show(API_KEYS, {"viewer": now})
    await feed.send(message)
    await feed.send(message)

    assert feed.seen == [message, ENDS[message["type"]]]


async def test_an_answer_that_is_whole_is_not_cut() -> None:
    feed = Feed()
    feed.views.show(API_KEYS, {"viewer": None})
    await feed.send(WHOLE)

    assert feed.seen == [WHOLE]


async def test_a_key_is_not_looked_at_for_every_frame() -> None:
    feed = Feed(recheck_s=3_600)
    feed.views.show(API_KEYS, {"viewer": None})
    await feed.send(FRAME)

    assert feed.seen == [FRAME]
