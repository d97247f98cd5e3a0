"""`/api/tables`: every declared table, whatever it holds, from all workers."""

from collections.abc import Iterable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from fleet_app.stream.declarations import Table
from fleet_app.stream.reads import PartitionProgress, PartitionSize, total
from fleet_app.web.answers import answers
from fleet_app.web.objects import to_object
from fleet_app.web.paging import Cursor, LocalPage, Page, decode_cursor
from fleet_app.web.peers import PeerError
from fleet_app.web.problems import Code, not_found, shown
from fleet_app.web.reader import HttpRequest, Injected, Reader, decode_segment

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Entries on the page, at most.")]


class PartitionView(msgspec.Struct, frozen=True, kw_only=True):
    """One partition of a table. Null is what its owner did not tell.

    Attributes:
        partition: Its number.
        owner: URL of the worker that processes it, null while nobody is known to.
        keys: Keys it holds.
        bytes: RocksDB's estimate of its size, on disk and in memory.
        lag: Records that wait in this partition of the sources.
    """

    partition: int
    owner: str | None
    keys: int | None
    bytes: int | None
    lag: int | None


class TableView(msgspec.Struct, frozen=True, kw_only=True):
    """A table over all workers. A total is null unless every partition's part of it is known."""

    name: str
    key: str
    written_by: str
    version: int
    keys: int | None
    bytes: int | None
    lag: int | None
    partitions: list[PartitionView]


class TablesView(msgspec.Struct, frozen=True, kw_only=True):
    """All tables. `problems` names the workers that did not answer, and why."""

    items: list[TableView]
    problems: list[str]


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """One key of a table and its value, as an object with field names."""

    key: str
    partition: int
    value: Any


class OwnTables(msgspec.Struct, frozen=True, kw_only=True):
    """What one worker tells about its tables: sizes by table name, and how far their sources are read."""

    sizes: dict[str, list[PartitionSize]]
    progress: list[PartitionProgress]


@get(
    "/api/tables",
    tags=["tables"],
    summary="All tables: partitions, owners, keys, bytes, lag",
    responses=answers(TablesView),
)
async def list_tables(reader: Injected) -> TablesView:
    """Answer for all workers; what one did not tell is null."""
    others = await reader.ask_all(("internal", "tables"), (), OwnTables)
    told = [await _own_tables(reader), *(each for each in others.values() if isinstance(each, OwnTables))]
    return TablesView(
        items=[_table_view(reader, table, told) for table in reader.tables.declared()],
        problems=[str(each) for each in others.values() if isinstance(each, PeerError)],
    )


@get("/internal/tables", tags=["between workers"], summary="Sizes of this worker's tables")
async def list_own_tables(reader: Injected) -> OwnTables:
    """Answer another worker that puts the parts together."""
    return await _own_tables(reader)


async def _own_tables(reader: Reader) -> OwnTables:
    sizes = {table.name: await reader.tables.sizes(table) for table in reader.tables.declared()}
    return OwnTables(sizes=sizes, progress=reader.membership.progress())


def _table_view(reader: Reader, table: Table[Any], told: Iterable[OwnTables]) -> TableView:
    sizes = {size.partition: size for own in told for size in own.sizes.get(table.name, [])}
    lags = _lag_by_partition(progress for own in told for progress in own.progress)
    partitions = [
        PartitionView(
            partition=partition,
            owner=reader.membership.owner(partition),
            keys=sizes[partition].keys if partition in sizes else None,
            bytes=sizes[partition].bytes if partition in sizes else None,
            lag=lags.get(partition),
        )
        for partition in range(reader.membership.partitions)
    ]
    return TableView(
        name=table.name,
        key=table.key,
        written_by=table.written_by,
        version=table.version,
        keys=total(each.keys for each in partitions),
        bytes=total(each.bytes for each in partitions),
        lag=total(each.lag for each in partitions),
        partitions=partitions,
    )


def _lag_by_partition(progress: Iterable[PartitionProgress]) -> Mapping[int, int | None]:
    """Return the records that wait in each partition of the sources, None where one of them is not known."""
    waiting: dict[int, list[int | None]] = {}
    for each in progress:
        waiting.setdefault(each.partition, []).append(each.lag)
    return {partition: total(lags) for partition, lags in waiting.items()}


@get(
    "/api/tables/{name:str}",
    tags=["tables"],
    summary="A table's keys and values, from all workers, in the order of the keys",
    responses=answers(Page[EntryView], HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def list_entries(
    reader: Injected, name: FromPath[str], cursor: Cursor = None, limit: Limit = 50
) -> Response[Page[msgspec.Raw]]:
    """Answer with one page; 503 if any partition cannot be read."""
    table = reader.table(decode_segment(name))
    page = await reader.scan_everywhere(
        table,
        ("internal", "tables", table.name),
        after=decode_cursor(cursor),
        limit=limit,
        render=partial(_entry_view, reader),
    )
    return Response(page)


@get("/internal/tables/{name:str}", tags=["between workers"], summary="This worker's part of a page of a table")
async def list_own_entries(
    reader: Injected, name: FromPath[str], limit: Limit, after: Annotated[str | None, QueryParameter()] = None
) -> Response[LocalPage]:
    """Answer another worker that merges the parts."""
    table = reader.table(decode_segment(name))
    page = await reader.scan_here(table, after=after, limit=limit, render=partial(_entry_view, reader))
    return Response(page)


@get(
    "/api/tables/{name:str}/{key:str}",
    tags=["tables"],
    summary="One key of a table",
    responses=answers(EntryView, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_entry(
    reader: Injected, name: FromPath[str], key: FromPath[str], request: HttpRequest
) -> Response[EntryView]:
    """Answer from the owner of the key's partition."""
    table = reader.table(decode_segment(name))
    asked = decode_segment(key)

    def answer() -> EntryView:
        value = reader.value(table, asked)
        if value is None:
            raise not_found(Code.UNKNOWN_KEY, f"table {table.name} holds no key {shown(asked)}")
        return _entry_view(reader, asked, value)

    return await reader.at_owner(request, asked, ("api", "tables", table.name, asked), answer)


def _entry_view(reader: Reader, key: str, value: msgspec.Struct) -> EntryView:
    return EntryView(key=key, partition=reader.partition(key), value=to_object(value))


HANDLERS: Final = (list_tables, list_own_tables, list_entries, list_own_entries, get_entry)
