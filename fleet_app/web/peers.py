"""Asking the other workers: one HTTP session, a time limit, and never a client's credentials."""

from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self, TypeVar
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
from yarl import URL

from fleet_app.domain.access.caller import WORKER, Caller
from fleet_app.http.workers import FORWARDED_BY, ON_BEHALF_OF, on_behalf_of

__all__ = ["FORWARDED_BY", "ON_BEHALF_OF", "PeerAnswer", "PeerError", "Peers", "Query"]
TIMEOUT_S: Final = 2.0

T = TypeVar("T")
Query = Iterable[tuple[str, str]]


class PeerError(Exception):
    """Another worker did not give an answer that can be used. The message names it and says why."""


class PeerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What another worker answered, as it came."""

    status: int
    content_type: str
    retry_after: str | None
    body: bytes


class Peers:
    """The other workers. Use as an async context manager; connections are kept between requests.

    Args:
        own_url: This worker's URL, told to those it asks; None for a client that is no worker.
        authorization: The header by which this client is known; None where nobody is asked for a key.
        timeout_s: How long one request may take in all.
    """

    def __init__(self, *, own_url: str | None, authorization: str | None, timeout_s: float = TIMEOUT_S) -> None:
        self._headers = {} if own_url is None else {FORWARDED_BY: own_url}
        if authorization is not None:
            self._headers["Authorization"] = authorization
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=self._timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, url: str, segments: Iterable[str], query: Query = (), *, caller: Caller = WORKER) -> PeerAnswer:
        """Return what the worker at `url` answers, whatever its status.

        Args:
            url: The worker's base URL.
            segments: The path, segment by segment, not yet percent-encoded.
            query: The query's parameters.
            caller: On whose behalf this worker asks.

        Raises:
            PeerError: No answer within the time limit.
        """
        assert self._session is not None, "Peers is used inside its context"  # noqa: S101 - a mistake in this program
        try:
            async with self._session.get(
                _target(url, segments, query), allow_redirects=False, headers=on_behalf_of(caller)
            ) as response:
                return PeerAnswer(
                    status=response.status,
                    content_type=response.headers.get("Content-Type", "application/octet-stream"),
                    retry_after=response.headers.get("Retry-After"),
                    body=await response.read(),
                )
        except TimeoutError as error:
            raise PeerError(f"{url} did not answer within {self._timeout_s:g} s") from error
        except aiohttp.ClientError as error:
            raise PeerError(f"{url} did not answer: {error}") from error

    async def ask(
        self, url: str, segments: Iterable[str], query: Query, answer: type[T], *, caller: Caller = WORKER
    ) -> T:
        """Return the Struct that the worker at `url` answers with.

        Raises:
            PeerError: No answer within the time limit, another status than 200, or another form.
        """
        reply = await self.get(url, segments, query, caller=caller)
        if reply.status != 200:  # noqa: PLR2004 - OK
            raise PeerError(f"{url} answered {reply.status}: {_detail(reply.body)}")
        try:
            return msgspec.json.decode(reply.body, type=answer)
        except msgspec.DecodeError as error:
            raise PeerError(f"{url} answered in a form this release does not know: {error}") from error


def _target(url: str, segments: Iterable[str], query: Query) -> URL:
    path = "/".join(_encoded(segment) for segment in segments)
    asked = urlencode(list(query))
    return URL(f"{url}/{path}?{asked}" if asked else f"{url}/{path}", encoded=True)


def _encoded(segment: str) -> str:
    """Percent-encode a segment, dots too where they alone would mean the folder above."""
    return segment.replace(".", "%2E") if segment in (".", "..") else quote(segment, safe="")


class _Detail(msgspec.Struct):
    detail: str


def _detail(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Detail).detail
    except msgspec.DecodeError:
        return body[:200].decode("utf-8", "replace")
