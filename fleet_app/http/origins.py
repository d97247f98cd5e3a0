"""Whose pages are this installation's own: a worker's, and those of the other workers of its group.

A page goes on at another worker when its own dies. So the origins of members, by their advertised URLs, are trusted
like the worker's own, and for a while after they have left: the page whose worker died is still open.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from fleet_app.http.head import Head
from fleet_app.http.problems import ApiError, Code, shown
from fleet_app.http.sessions import LIFETIME_S

REMEMBERED_S: Final = LIFETIME_S
"""How long a former member's pages are its group's own: as long as a session that began there may last."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Origins:
    """Tells this installation's own pages from others, by what browsers say of where a request comes from.

    Args:
        member_urls: Returns the advertised URLs of the group's members, as far as they are known.
        clock: Now, in seconds since 1970.
    """

    def __init__(self, member_urls: Callable[[], Iterable[str]], clock: Callable[[], float]) -> None:
        self._member_urls = member_urls
        self._clock = clock
        self._seen_s: dict[str, float] = {}

    def look(self) -> None:
        """Take note of who is a member now, and forget who has not been one for long."""
        now_s = self._clock()
        self._seen_s.update((origin, now_s) for origin in self.members())
        self._seen_s = {origin: seen_s for origin, seen_s in self._seen_s.items() if now_s - seen_s <= REMEMBERED_S}

    def members(self) -> list[str]:
        """Return the origins of those that are members now."""
        return [origin_of(url) for url in self._member_urls()]

    def is_other_member(self, head: Head) -> bool:
        """Return whether a page of another worker of the group sent a request."""
        if not head.origin or head.is_same_origin:
            return False
        self.look()
        return head.origin in self._seen_s

    def is_own(self, head: Head) -> bool:
        """Return whether a page of this worker, or of another of its group, sent a request."""
        return head.is_same_origin or self.is_other_member(head)

    def check(self, head: Head) -> None:
        """Refuse what a browser sends for a page of anybody else; other clients send no Origin.

        Raises:
            ApiError: 403.
        """
        if head.origin and not self.is_own(head):
            raise ApiError(
                HTTPStatus.FORBIDDEN,
                Code.FORBIDDEN,
                f"a page of {shown(head.origin)} may not change anything here, nor follow the feed, without a key",
            )


def origin_of(url: str) -> str:
    """Return the origin of an http(s) URL as browsers send it: in lower case, without the scheme's usual port."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    bracketed = f"[{host}]" if ":" in host else host
    is_usual = parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme)
    return f"{parts.scheme}://{bracketed}" if is_usual else f"{parts.scheme}://{bracketed}:{parts.port}"
