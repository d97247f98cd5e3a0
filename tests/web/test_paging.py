"""Lists over all workers: whole, in order, each key once."""

import asyncio
import re
from collections.abc import Callable, Collection, Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.http.problems import ApiError
from fleet_app.stream.reads import Phase
from fleet_app.web.paging import (
    CURSOR_PATTERN,
    Entry,
    LocalPage,
    Part,
    decode_cursor,
    decode_number,
    encode_cursor,
    encode_each,
    encode_number,
    merge,
    part_of_page,
)
from tests.web.fakes import beside_other_work

Wanted = Callable[[bytes], bool]
KEYS = st.binary(max_size=8)


def anything(_key: bytes) -> bool:
    return True


def part(keys: Collection[bytes], after: bytes | None, wanted: Wanted, *, limit: int, **small: int) -> Part:
    """Return what a worker that holds `keys` answers."""

    async def scan(reached: bytes | None, at_once: int) -> list[tuple[bytes, str]]:
        return [(key, key.hex()) for key in sorted(keys) if reached is None or key > reached][:at_once]

    def render(key: bytes, value: str) -> bytes | None:
        return msgspec.json.encode(value) if wanted(key) else None

    return asyncio.run(part_of_page(scan, after=after, limit=limit, render=render, **small))


def page_through(workers: list[list[bytes]], wanted: Wanted, *, limit: int, **small: int) -> list[list[bytes]]:
    """Return the pages that a client sees who follows the cursor."""
    pages: list[list[bytes]] = []
    cursor: str | None = None
    while cursor is not None or not pages:
        after = decode_cursor(cursor)
        page = merge([part(keys, after, wanted, limit=limit, **small) for keys in workers], limit=limit)
        pages.append([bytes.fromhex(msgspec.json.decode(item, type=str)) for item in page.items])
        cursor = page.next
    return pages


@given(
    owners=st.dictionaries(KEYS, st.integers(0, 3), max_size=30),
    limit=st.integers(1, 7),
    largest_bytes=st.sampled_from([0, 20, 1_000_000]),
)
def test_paging_meets_every_key_once_and_in_order(owners: Mapping[bytes, int], limit: int, largest_bytes: int) -> None:
    workers = [[key for key, owner in owners.items() if owner == each] for each in range(4)]

    pages = page_through(workers, anything, limit=limit, largest_bytes=largest_bytes)

    assert [key for page in pages for key in page] == sorted(owners)
    assert max(map(len, pages)) <= limit
    assert all(pages) or pages == [[]]


@given(
    owners=st.dictionaries(KEYS, st.integers(0, 3), max_size=30),
    wanted=st.sets(KEYS),
    limit=st.integers(1, 7),
    largest_bytes=st.sampled_from([0, 20, 1_000_000]),
    most_looked_at=st.integers(1, 9),
)
def test_paging_meets_every_key_that_is_asked_for_once_however_far_between_they_are(
    owners: Mapping[bytes, int], wanted: set[bytes], limit: int, largest_bytes: int, most_looked_at: int
) -> None:
    workers = [[key for key, owner in owners.items() if owner == each] for each in range(4)]
    asked = wanted | set(sorted(owners)[::5])

    pages = page_through(
        workers, asked.__contains__, limit=limit, largest_bytes=largest_bytes, most_looked_at=most_looked_at
    )

    assert [key for page in pages for key in page] == sorted(asked & set(owners))
    assert max(map(len, pages)) <= limit
    assert len(pages) <= len(owners) + 1


@given(st.sets(KEYS, min_size=1, max_size=30), st.integers(1, 9))
def test_a_page_is_looked_for_so_long_and_no_longer(keys: set[bytes], most_looked_at: int) -> None:
    found = part(keys, None, lambda _key: False, limit=1_000, most_looked_at=most_looked_at)

    assert found.entries == []
    assert found.reached == (sorted(keys)[most_looked_at - 1] if most_looked_at <= len(keys) else None)


@given(KEYS)
def test_a_cursor_leads_back_to_its_key(key: bytes) -> None:
    assert decode_cursor(encode_cursor(key)) == key


@pytest.mark.parametrize("cursor", ["ü", "a", "$$$$", "YQ==", "YR", " YQ", "YQ\n"])
def test_a_cursor_that_was_not_made_here_is_refused(cursor: str) -> None:
    with pytest.raises(ApiError, match="was not made here") as caught:
        decode_cursor(cursor)

    assert caught.value.problem.status == 400


def test_no_cursor_means_the_first_page() -> None:
    assert decode_cursor(None) is None


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_cursor_leads_back_to_its_number(number: int) -> None:
    assert decode_number(encode_number(number)) == number
    assert decode_number(None) is None


@pytest.mark.parametrize("key", [b"", b"-", b"1.5", b"van-1", b"1" * 20, b"\xff", "\u0661".encode()])
def test_a_cursor_of_another_list_is_refused(key: bytes) -> None:
    with pytest.raises(ApiError, match="is of another list") as caught:
        decode_number(encode_cursor(key))

    assert caught.value.problem.status == 400


@given(KEYS)
def test_a_cursor_is_what_the_document_says_it_is(key: bytes) -> None:
    assert re.fullmatch(CURSOR_PATTERN, encode_cursor(key))


@given(st.from_regex(CURSOR_PATTERN, fullmatch=True))
def test_whatever_is_as_the_document_says_is_a_cursor(cursor: str) -> None:
    assert encode_cursor(decode_cursor(cursor) or b"") == cursor


async def entries_of(found: list[tuple[bytes, str]]) -> list[Entry]:
    async def scan(_reached: bytes | None, _at_once: int) -> list[tuple[bytes, str]]:
        return found

    part = await part_of_page(scan, after=None, limit=9, render=lambda _key, value: value.encode())
    return part.entries


def test_looking_for_many_entries_gives_way_to_other_work() -> None:
    found = [(bytes((number,)), "x" * 30_000) for number in range(9)]
    entries, turns = asyncio.run(beside_other_work(entries_of(found)))

    assert len(entries) == 9
    assert turns >= 2


def test_encoding_values_one_by_one_gives_way_to_other_work() -> None:
    items, turns = asyncio.run(beside_other_work(encode_each("x" * 30_000 for _ in range(9))))

    assert [len(item) for item in items] == [30_002] * 9
    assert turns >= 2


@given(KEYS)
def test_a_stored_key_passes_between_workers_unchanged(key: bytes) -> None:
    page = LocalPage(phase=Phase.RUNNING, partitions=(3,), entries=[Entry(key, msgspec.Raw(b"{}"))], reached=key)

    received = msgspec.json.decode(msgspec.json.encode(page), type=LocalPage)

    assert ([entry.key for entry in received.entries], received.reached) == ([key], key)
