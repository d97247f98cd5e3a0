"""Lists over all workers: each answers for its partitions, the asked one merges by stored key and pages."""

import asyncio
import heapq
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice
from typing import Annotated, Final, Generic, NamedTuple, TypeVar

import msgspec
from litestar.params import QueryParameter

from fleet_app.http.problems import bad_request, shown
from fleet_app.stream.reads import Phase

LARGEST_PAGE_BYTES: Final = 1_000_000
"""A worker ends its part of a page early rather than exceed this by more than one entry."""
MOST_LOOKED_AT: Final = 10_000
"""So many values a worker looks at for its part of a page, whatever is asked for: 0.2 s of work, in short steps."""
_LOOKED_AT_ONCE: Final = 128
_BYTES_BETWEEN_YIELDS: Final = 64 * 1024
_NUMBER: Final = re.compile(r"-?[0-9]{1,19}", re.ASCII)

CURSOR_PATTERN: Final = r"^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?$"
"""Base64 for URLs, without padding, as it is written and in no other way."""

T = TypeVar("T")
Cursor = Annotated[
    str | None,
    QueryParameter(
        description="`next` of the page before; left out for the first page.",
        schema_extra={"pattern": CURSOR_PATTERN},
    ),
]
Limit = Annotated[int, QueryParameter(ge=1, le=1_000, description="Entries on the page, at most.")]
Scan = Callable[[bytes | None, int], Awaitable[Sequence[tuple[bytes, T]]]]
"""Returns the first so many entries with stored keys above one, or of all, in the order of their keys."""
Render = Callable[[bytes, T], bytes | None]
"""Returns what is answered for a stored key and its value, JSON; None if it is not asked for."""
_encode = msgspec.json.Encoder().encode


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One stored key and what is answered for it, already JSON."""

    key: bytes
    item: msgspec.Raw


class LocalPage(msgspec.Struct, frozen=True, kw_only=True):
    """One worker's part of a page, in the order of the stored keys.

    Attributes:
        phase: Where the worker stands.
        partitions: The partitions it speaks for: those whose tasks run there.
        entries: The first entries of those partitions after the cursor that are asked for.
        reached: The stored key up to which it has looked; None if nothing of those partitions is left beyond.
    """

    phase: Phase
    partitions: tuple[int, ...]
    entries: list[Entry]
    reached: bytes | None


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list. `next` is the cursor of the page that follows, null on the last one."""

    items: list[T]
    next: str | None


class Part(NamedTuple):
    """The first entries that are asked for, and the stored key up to which was looked; None to the end."""

    entries: list[Entry]
    reached: bytes | None


async def part_of_page(  # noqa: PLR0913 - two of them are limits, which tests make small
    scan: Scan[T],
    *,
    after: bytes | None,
    limit: int,
    render: Render[T],
    largest_bytes: int = LARGEST_PAGE_BYTES,
    most_looked_at: int = MOST_LOOKED_AT,
) -> Part:
    """Return the first entries that are asked for: `limit` at most, fewer if they are large or far between.

    Gives way to other work while it renders. Looks at one at least, so that whoever goes on gets to the end.
    """
    entries: list[Entry] = []
    reached, looked_at, size_bytes, yield_at_bytes = after, 0, 0, _BYTES_BETWEEN_YIELDS
    # Without a filter, the first entries and the one that tells that more follow are all there is to be looked at.
    at_once = min(limit + 1, _LOOKED_AT_ONCE, most_looked_at)
    while looked_at < most_looked_at:
        found = await scan(reached, at_once)
        for key, value in found:
            item = render(key, value)
            if item is not None:
                if len(entries) == limit or size_bytes > largest_bytes:
                    return Part(entries, reached)
                entries.append(Entry(key, msgspec.Raw(item)))
                size_bytes += len(item)
            reached = key
            if size_bytes > yield_at_bytes:
                await asyncio.sleep(0)
                yield_at_bytes = size_bytes + _BYTES_BETWEEN_YIELDS
        if len(found) < at_once:
            return Part(entries, None)
        looked_at += len(found)
        at_once = min(_LOOKED_AT_ONCE, most_looked_at - looked_at)
    return Part(entries, reached)


async def encode_each(values: Iterable[T], encode: Callable[[T], bytes] = _encode) -> list[msgspec.Raw]:
    """Return each value as JSON. Gives way to other work while it makes and encodes them."""
    encoded: list[msgspec.Raw] = []
    since_yield_bytes = 0
    for value in values:
        item = encode(value)
        encoded.append(msgspec.Raw(item))
        since_yield_bytes += len(item)
        if since_yield_bytes > _BYTES_BETWEEN_YIELDS:
            await asyncio.sleep(0)
            since_yield_bytes = 0
    return encoded


def merge(parts: Iterable[Part | LocalPage], *, limit: int) -> Page[msgspec.Raw]:
    """Return the first `limit` entries over all parts, in the order of their stored keys.

    A worker says nothing about keys beyond the one that it has reached, so nothing beyond the least of those can
    follow on this page. A page may be empty and have a next one: so far, nothing that is asked for was found.
    """
    given = list(parts)
    horizon = min((part.reached for part in given if part.reached is not None), default=None)
    merged = heapq.merge(*(part.entries for part in given), key=_order)
    first = list(islice((entry for entry in merged if horizon is None or entry.key <= horizon), limit + 1))
    if len(first) > limit:
        horizon = first[limit - 1].key
    return Page(items=[entry.item for entry in first[:limit]], next=None if horizon is None else encode_cursor(horizon))


def _order(entry: Entry) -> bytes:
    return entry.key


def encode_cursor(key: bytes) -> str:
    """Return the cursor of the page that starts after a stored key."""
    return urlsafe_b64encode(key).rstrip(b"=").decode()


def decode_cursor(cursor: str | None) -> bytes | None:
    """Return the stored key that a cursor starts after, or None without one.

    Raises:
        ApiError: 400, it is no cursor of ours.
    """
    if cursor is None:
        return None
    try:
        raw = cursor.encode("ascii")
        key = urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
    except (Base64Error, UnicodeError) as error:
        raise bad_request(f"cursor: {shown(cursor)} was not made here; take `next` of the page before") from error
    if encode_cursor(key) != cursor:
        raise bad_request(f"cursor: {shown(cursor)} was not made here; take `next` of the page before")
    return key


def encode_number(number: int) -> str:
    """Return the cursor of the page that starts after a number, in a list that is in the order of one."""
    return encode_cursor(str(number).encode())


def decode_number(cursor: str | None) -> int | None:
    """Return the number that a cursor starts after, or None without one.

    Raises:
        ApiError: 400, it is no cursor of such a list.
    """
    told = decode_cursor(cursor)
    if told is None:
        return None
    text = told.decode("ascii", "replace")
    if not _NUMBER.fullmatch(text):
        raise bad_request(f"cursor: {shown(str(cursor))} is of another list; take `next` of the page before")
    return int(text)
