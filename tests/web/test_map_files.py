"""The operator's map: parts of one file, as browsers ask for them."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.access.rights import Role
from fleet_app.errors import SettingsError
from fleet_app.http.problems import ApiError
from fleet_app.web.map_files import MEDIA_TYPE, TILES_PATH, asked_span, check_tiles
from tests.web.fakes import Group, WorkerParts, worker
from tests.web.keys import api_key, bearer, device_key

pytestmark = pytest.mark.anyio
CONTENT = b"PMTiles\x03" + bytes(range(256)) * 4_000
"""More than is read at once."""
SIZE = len(CONTENT)
TAG = '"a-tag"'


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    path = tmp_path / "berlin.pmtiles"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
async def alone(tiles: Path) -> AsyncIterator[WorkerParts]:
    async with worker(Group(), [], {}, map_tiles=tiles) as parts:
        yield parts


async def part(alone: WorkerParts, asked: str, **headers: str) -> httpx.Response:
    return await alone.client.get(TILES_PATH, headers={"Range": asked, **headers})


async def test_the_whole_map_is_sent_to_who_does_not_ask_for_a_part(alone: WorkerParts) -> None:
    answer = await alone.client.get(TILES_PATH)

    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "private, max-age=3600"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-16383", 0, 16_383),
        ("bytes=7-7", 7, 7),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE - 1),
        ("bytes=1000-", 1_000, SIZE - 1),
        ("bytes=-1", SIZE - 1, SIZE - 1),
        (f"bytes=-{SIZE + 5}", 0, SIZE - 1),
        (f"bytes=5-{SIZE + 100}", 5, SIZE - 1),
        (f"bytes=1-{SIZE - 2}", 1, SIZE - 2),
    ],
)
async def test_a_part_is_sent_to_who_asks_for_it(alone: WorkerParts, asked: str, first: int, last: int) -> None:
    answer = await part(alone, asked)

    assert (answer.status_code, answer.content) == (206, CONTENT[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.headers["content-length"] == str(last - first + 1)


@pytest.mark.parametrize("asked", ["bytes=9-8", "bytes=-", "bytes=0-1,4-5", "tiles=0-1", "bytes", "bytes=a-b", "0-1"])
async def test_what_is_no_single_part_is_answered_with_everything(alone: WorkerParts, asked: str) -> None:
    answer = await part(alone, asked)

    assert (answer.status_code, len(answer.content)) == (200, SIZE)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 1}-{SIZE + 2}", "bytes=-0"])
async def test_a_part_that_there_is_not_is_refused(alone: WorkerParts, asked: str) -> None:
    answer = await part(alone, asked)

    assert (answer.status_code, answer.json()["status"]) == (416, 416)
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


async def test_a_client_that_has_it_is_not_sent_it_again(alone: WorkerParts) -> None:
    tag = (await part(alone, "bytes=0-1")).headers["etag"]
    again = await part(alone, "bytes=0-1", **{"If-None-Match": tag})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


async def test_a_part_of_another_file_is_not_put_to_what_the_client_has(alone: WorkerParts) -> None:
    tag = (await part(alone, "bytes=0-1")).headers["etag"]
    statuses = [
        (await part(alone, "bytes=0-1", **{"If-Range": known})).status_code
        for known in (tag, '"another"', f"W/{tag}", "Sat, 01 Jan 2028 00:00:00 GMT")
    ]

    assert statuses == [206, 200, 200, 200]


async def test_a_file_that_is_put_in_its_place_has_another_tag(alone: WorkerParts, tiles: Path, tmp_path: Path) -> None:
    before = await part(alone, "bytes=0-15")
    other = tmp_path / "other.pmtiles"
    other.write_bytes(CONTENT[::-1])
    other.replace(tiles)
    after = await part(alone, "bytes=0-15")

    assert after.content == CONTENT[::-1][:16]
    assert after.headers["etag"] != before.headers["etag"]


async def test_copies_of_a_file_have_the_same_tag_on_every_worker(tiles: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.pmtiles"
    copy.write_bytes(CONTENT)
    os.utime(copy, (0, 0))
    tags = []
    for path in (tiles, copy):
        async with worker(Group(), [], {}, map_tiles=path) as alone:
            tags.append((await alone.client.head(TILES_PATH)).headers["etag"])

    assert tags[0] == tags[1]


async def test_a_file_that_has_gone_is_told_of(alone: WorkerParts, tiles: Path) -> None:
    await asyncio.to_thread(tiles.unlink)
    answer = await part(alone, "bytes=0-1")

    assert (answer.status_code, answer.json()["detail"]) == (503, "the map cannot be read: No such file or directory")


@pytest.mark.parametrize(("asked", "status", "length"), [({}, 200, SIZE), ({"Range": "bytes=5-9"}, 206, 5)])
async def test_the_head_of_the_map_says_how_long_it_is(
    alone: WorkerParts, asked: dict[str, str], status: int, length: int
) -> None:
    answer = await alone.client.head(TILES_PATH, headers=asked)

    assert (answer.status_code, answer.content) == (status, b"")
    assert answer.headers["content-length"] == str(length)


async def test_the_map_is_shown_to_those_who_see(tiles: Path) -> None:
    keys = (api_key("viewer", Role.VIEWER, "acme"), device_key("tracker", "van-1"))
    async with worker(Group(), [], {}, keys=keys, map_tiles=tiles) as alone:
        seen = [
            (await alone.client.head(TILES_PATH, headers={"Authorization": "", **headers})).status_code
            for headers in (bearer("viewer"), bearer("tracker"), {})
        ]

    assert seen == [200, 403, 401]


async def test_without_a_map_there_is_none() -> None:
    async with worker(Group(), [], {}) as alone:
        assert (await alone.client.get(TILES_PATH)).status_code == 404


async def test_a_worker_does_not_start_with_a_map_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"FLEET_MAP_TILES: .*missing\.pmtiles cannot be read: No such file"):
        async with worker(Group(), [], {}, map_tiles=tmp_path / "missing.pmtiles"):
            pass


@pytest.mark.parametrize("content", [b"", b"PMTiles", b"PMTiles\x02", b"SQLite format 3\x00"])
def test_what_does_not_begin_like_a_map_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.pmtiles"
    path.write_bytes(content)

    with pytest.raises(SettingsError, match="is not PMTiles version 3"):
        check_tiles(path)


def test_a_folder_is_no_map(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        check_tiles(tmp_path)


SIZES = st.integers(1, 10**9)
NUMBERS = st.integers(0, 10**9)


@given(SIZES, NUMBERS, NUMBERS)
def test_a_part_begins_where_it_is_asked_for_and_ends_within_the_file(size: int, first: int, more: int) -> None:
    first %= size

    assert asked_span({"range": f"bytes={first}-{first + more}"}, TAG, size) == range(
        first, min(size, first + more + 1)
    )
    assert asked_span({"range": f"bytes={first}-"}, TAG, size) == range(first, size)


@given(SIZES, st.integers(1, 10**9))
def test_the_end_of_a_file_is_as_long_as_is_asked_for_or_all_of_it(size: int, length: int) -> None:
    span = asked_span({"range": f"bytes=-{length}"}, TAG, size)

    assert span is not None
    assert (span.stop, len(span)) == (size, min(size, length))


@given(NUMBERS, NUMBERS)
def test_behind_the_end_of_a_file_there_is_nothing(size: int, beyond: int) -> None:
    with pytest.raises(ApiError) as refused:
        asked_span({"range": f"bytes={size + beyond}-"}, TAG, size)

    assert refused.value.problem.status == 416


@given(st.text())
def test_nothing_that_a_client_may_send_is_a_defect(asked: str) -> None:
    assert asked_span({"range": f"bytes={asked}:"}, TAG, 10) is None
