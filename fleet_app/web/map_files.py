"""The operator's own map: one PMTiles file (`FLEET_MAP_TILES`), of which browsers ask for the parts that they draw.

It may be replaced while the worker runs, by renaming another file to its name.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from hashlib import blake2b
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
from litestar import HttpMethod, Request, route
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response, Stream

from fleet_app.domain.access.rights import Right
from fleet_app.errors import SettingsError
from fleet_app.http.access import needs
from fleet_app.http.answers import is_known
from fleet_app.http.problems import ApiError, Code, unavailable

TILES_PATH: Final = "/map/region.pmtiles"
MEDIA_TYPE: Final = "application/vnd.pmtiles"
_MAGIC: Final = b"PMTiles\x03"
"""Name and version, as of https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md."""
_END_BYTES: Final = 16_384
"""The first of them hold the header and the root directory, which says where every tile is."""
_CHUNK_BYTES: Final = 262_144
_RANGE: Final = re.compile(r"bytes=(?P<first>[0-9]{0,15})-(?P<last>[0-9]{0,15})")
_KEEP: Final = "private, max-age=3600"
"""Streets change slowly; a browser that pans to and fro need not ask again."""


class _TilesNow(msgspec.Struct, frozen=True):
    """The file as it is at a moment.

    Attributes:
        file_id: Tells it from what is put in its place later: inode, size and time of the last change.
        tag: The same on any machine for the same file, so that a browser can go on at another worker.
    """

    file_id: tuple[int, int, int]
    tag: str

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return self.file_id[1]


def check_tiles(path: Path) -> None:
    """Check that a file is one that browsers can read.

    Raises:
        SettingsError: It is not.
    """
    try:
        with path.open("rb") as file:
            beginning = file.read(len(_MAGIC))
    except OSError as error:
        raise SettingsError(
            f"FLEET_MAP_TILES: {path} cannot be read: {error.strerror}; name a .pmtiles file, or none"
        ) from error
    if beginning != _MAGIC:
        raise SettingsError(
            f"FLEET_MAP_TILES: {path} is not PMTiles version 3, it begins with {beginning!r}; "
            "`pmtiles convert` makes one of other formats, `pmtiles extract` of a larger one"
        )


def tiles_handler(path: Path) -> HTTPRouteHandler:
    """Return the route of a file that has been checked."""

    @route(
        TILES_PATH,
        http_method=(HttpMethod.GET, HttpMethod.HEAD),
        opt=needs(Right.SEE),
        media_type=MEDIA_TYPE,
        include_in_schema=False,
    )
    async def serve_tiles(request: Request[Any, Any, Any]) -> Response[Any]:
        return await _answer(request, path)

    return serve_tiles


async def _answer(request: Request[Any, Any, Any], path: Path) -> Response[Any]:
    try:
        tiles = await asyncio.to_thread(_look_at, path)
    except OSError as error:
        raise unavailable(Code.UNAVAILABLE, f"the map cannot be read: {error.strerror}") from error
    headers = {"Accept-Ranges": "bytes", "Cache-Control": _KEEP, "ETag": tiles.tag}
    if is_known(request.headers.get("if-none-match"), tiles.tag):
        return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    span = asked_span(request.headers, tiles.tag, tiles.size)
    sent = range(tiles.size) if span is None else span
    status = HTTPStatus.OK if span is None else HTTPStatus.PARTIAL_CONTENT
    headers["Content-Length"] = str(len(sent))
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{tiles.size}"
    if request.method == HttpMethod.HEAD:
        return Response(b"", status_code=status, headers=headers)
    return Stream(_read(path, tiles, sent), status_code=status, headers=headers)


def asked_span(headers: Mapping[str, str], tag: str, size: int) -> range | None:
    """Return which bytes a request asks for; None for all of them.

    Several ranges at once, and whatever cannot be understood, are answered with everything, as RFC 9110 allows.

    Raises:
        ApiError: 416, there are no such bytes.
    """
    asked = _RANGE.fullmatch(headers.get("range", ""))
    if asked is None or headers.get("if-range", tag) != tag:
        return None
    first, last = asked["first"], asked["last"]
    if not first and not last:
        return None
    if first and last and int(last) < int(first):
        return None
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= stop:
        raise ApiError(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            Code.REFUSED,
            f"the map has {size} bytes, and none at {asked.group()}",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return range(start, stop)


def _look_at(path: Path) -> _TilesNow:
    with path.open("rb") as file:
        file_id = _id_of(file)
        beginning = file.read(_END_BYTES)
        file.seek(max(0, file_id[1] - _END_BYTES))
        digest = blake2b(b"%d:%s%s" % (file_id[1], beginning, file.read(_END_BYTES)), digest_size=16)
    return _TilesNow(file_id, f'"{digest.hexdigest()}"')


async def _read(path: Path, tiles: _TilesNow, span: range) -> AsyncIterator[bytes]:
    """Yield a part of the file, in pieces and in another thread: a disk must not hold up the other clients."""
    with await asyncio.to_thread(path.open, "rb") as file:
        if _id_of(file) != tiles.file_id:
            raise unavailable(Code.UNAVAILABLE, "the map was replaced at this very moment; ask again")
        file.seek(span.start)
        for start in range(span.start, span.stop, _CHUNK_BYTES):
            yield await asyncio.to_thread(file.read, min(_CHUNK_BYTES, span.stop - start))


def _id_of(file: BinaryIO) -> tuple[int, int, int]:
    status = os.fstat(file.fileno())
    return status.st_ino, status.st_size, status.st_mtime_ns
