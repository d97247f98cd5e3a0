"""Lists over all workers: whole, in order, each key once."""

import asyncio
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.http.problems import ApiError
from fleet_app.stream.reads import Phase
from fleet_app.web.paging import Entry, LocalPage, decode_cursor, encode_cursor, encode_each, encode_entries, merge
from tests.web.fakes import beside_other_work

KEYS = st.binary(max_size=8)


def part(keys: list[bytes], after: bytes | None, limit: int, largest_bytes: int) -> LocalPage:
    """Return what a worker that holds `keys` answers."""
    rest = [key for key in sorted(keys) if after is None or key > after]
    found = [(key, key.hex()) for key in rest[: limit + 1]]
    entries = asyncio.run(
        encode_entries(found, limit=limit, render=lambda _key, value: value, largest_bytes=largest_bytes)
    )
    return LocalPage(phase=Phase.RUNNING, partitions=(), entries=entries, more=len(entries) < len(found))


def page_through(workers: list[list[bytes]], limit: int, largest_bytes: int) -> list[list[bytes]]:
    """Return the pages that a client sees who follows the cursor."""
    pages: list[list[bytes]] = []
    cursor: str | None = None
    while cursor is not None or not pages:
        after = decode_cursor(cursor)
        page = merge([part(keys, after, limit, largest_bytes) for keys in workers], limit=limit)
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

    pages = page_through(workers, limit, largest_bytes)

    assert [key for page in pages for key in page] == sorted(owners)
    assert max(map(len, pages)) <= limit
    assert all(pages) or pages == [[]]


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


def test_encoding_many_entries_gives_way_to_other_work() -> None:
    found = [(bytes((number,)), "x" * 30_000) for number in range(9)]
    encoding = encode_entries(found, limit=9, render=lambda _key, value: value)
    entries, turns = asyncio.run(beside_other_work(encoding))

    assert len(entries) == 9
    assert turns >= 2


def test_encoding_values_one_by_one_gives_way_to_other_work() -> None:
    items, turns = asyncio.run(beside_other_work(encode_each("x" * 30_000 for _ in range(9))))

    assert [len(item) for item in items] == [30_002] * 9
    assert turns >= 2


@given(KEYS)
def test_a_stored_key_passes_between_workers_unchanged(key: bytes) -> None:
    page = LocalPage(phase=Phase.RUNNING, partitions=(3,), entries=[Entry(key, msgspec.Raw(b"{}"))], more=False)

    received = msgspec.json.decode(msgspec.json.encode(page), type=LocalPage)

    assert [entry.key for entry in received.entries] == [key]
