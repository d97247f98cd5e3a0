"""Lists over all workers: each answers for its partitions, the asked one merges by stored key and pages."""

import asyncio
import heapq
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Annotated, Final, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

from fleet_app.http.problems import bad_request, shown
from fleet_app.stream.reads import Phase

LARGEST_PAGE_BYTES: Final = 1_000_000
"""A worker ends its part of a page early rather than exceed this by more than one entry."""
_BYTES_BETWEEN_YIELDS: Final = 64 * 1024

T = TypeVar("T")
Cursor = Annotated[str | None, QueryParameter(description="`next` of the page before; left out for the first page.")]
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
        entries: The first entries of those partitions after the cursor.
        more: Whether those partitions hold keys after the last entry.
    """

    phase: Phase
    partitions: tuple[int, ...]
    entries: list[Entry]
    more: bool


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list. `next` is the cursor of the page that follows, null on the last one."""

    items: list[T]
    next: str | None


async def encode_entries(
    found: Sequence[tuple[bytes, T]],
    *,
    limit: int,
    render: Callable[[bytes, T], object],
    largest_bytes: int = LARGEST_PAGE_BYTES,
) -> list[Entry]:
    """Return the first entries of what was found: `limit` at most, fewer if they are large, one at least.

    Gives way to other work while it encodes.
    """
    entries: list[Entry] = []
    size_bytes = since_yield_bytes = 0
    for key, value in found[:limit]:
        if size_bytes > largest_bytes:
            break
        item = _encode(render(key, value))
        entries.append(Entry(key, msgspec.Raw(item)))
        size_bytes += len(item)
        since_yield_bytes += len(item)
        if since_yield_bytes > _BYTES_BETWEEN_YIELDS:
            await asyncio.sleep(0)
            since_yield_bytes = 0
    return entries


async def encode_each(values: Iterable[object]) -> list[msgspec.Raw]:
    """Return each value as JSON. Gives way to other work while it makes and encodes them."""
    encoded: list[msgspec.Raw] = []
    since_yield_bytes = 0
    for value in values:
        item = _encode(value)
        encoded.append(msgspec.Raw(item))
        since_yield_bytes += len(item)
        if since_yield_bytes > _BYTES_BETWEEN_YIELDS:
            await asyncio.sleep(0)
            since_yield_bytes = 0
    return encoded


def merge(pages: Iterable[LocalPage], *, limit: int) -> Page[msgspec.Raw]:
    """Return the first `limit` entries over all pages, in the order of their stored keys.

    A worker that has more says nothing about keys beyond its last entry, so nothing beyond the least of those
    last entries can follow on this page.
    """
    parts = list(pages)
    horizon = min((_order(part.entries[-1]) for part in parts if part.more), default=None)
    merged = heapq.merge(*(part.entries for part in parts), key=_order)
    ready = (entry for entry in merged if horizon is None or _order(entry) <= horizon)
    first = list(islice(ready, limit))
    is_last = len(first) == sum(len(part.entries) for part in parts) and horizon is None
    return Page(items=[entry.item for entry in first], next=None if is_last else encode_cursor(first[-1].key))


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
