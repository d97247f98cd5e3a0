"""`/api/tables`: every declared table, whatever it holds and however it is keyed, from all workers."""

import asyncio
from collections.abc import Iterable
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Final, Generic, NamedTuple, TypeVar

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from fleet_app.domain.access.rights import Right
from fleet_app.http.access import InjectedCaller, needs
from fleet_app.http.answers import Documented, answers, json_answer
from fleet_app.http.problems import Code, bad_request, not_found, shown
from fleet_app.stream.declarations import Table
from fleet_app.stream.keys import ROWS, RowKey
from fleet_app.stream.reads import Duty, PartitionSize, TaskReport, total
from fleet_app.web.objects import to_object
from fleet_app.web.paging import Cursor, LocalPage, Page, decode_cursor, decode_number, encode_each, encode_number
from fleet_app.web.peers import PeerError
from fleet_app.web.reader import HttpRequest, Injected, Reader, decode_segment

T = TypeVar("T")
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Entries on the page, at most.")]
MOST_ROWS: Final = 1_000
# Numbers of rows are 64 bits, signed.
FIRST_ROW: Final = -(2**63)
LAST_ROW: Final = 2**63 - 1
_ANY_ROW: Final = {"minimum": FIRST_ROW, "maximum": LAST_ROW}
"""The same for the document, whose maker would round them."""


class PartitionView(msgspec.Struct, frozen=True, kw_only=True):
    """One partition of a table. Null is what its owner did not tell.

    Attributes:
        partition: Its number.
        owner: URL of the worker that processes it, null while nobody is known to.
        keys: How many keys it holds, rows counted one by one: RocksDB's estimate, which may count a key that was
            rewritten or deleted lately.
        bytes: How large it is, on disk and in memory: RocksDB's estimate.
        lag: Records that wait in this partition of the sources.
    """

    partition: int
    owner: str | None
    keys: int | None
    bytes: int | None
    lag: int | None


class TableView(msgspec.Struct, frozen=True, kw_only=True):
    """A table over all workers. A total is null unless every partition's part of it is known.

    Attributes:
        name: The table.
        key: What its keys are.
        has_rows: Whether a key has many rows, sorted by a number, such as the start of a window in ms since 1970.
        retention_s: How far a key's rows reach back from its newest, in seconds; null keeps all.
        written_by: The one agent that writes it.
        version: The version in which values are written today.
        keys: RocksDB's estimate of how many keys it holds, rows counted one by one.
        bytes: RocksDB's estimate of how large it is, on disk and in memory.
        lag: Records that wait in the sources of its partitions.
        partitions: Its partitions.
    """

    name: str
    key: str
    has_rows: bool
    retention_s: int | None
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


class EntryView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of a table and its value, as an object with field names. `row` is its number, if the table has rows."""

    key: str
    row: int | None = None
    partition: int
    value: Any


class RowView(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a key: its number, and its value as an object with field names."""

    row: int
    value: Any


class RowsView(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Rows of a key, in the order of their numbers.

    Attributes:
        key: Whose rows they are.
        partition: The key's partition.
        items: The first rows of the asked range, or those after the cursor, `limit` at most.
        next: The cursor of the page that follows; null on the last one.
    """

    key: str
    partition: int
    items: list[T]
    next: str | None


class _Range(NamedTuple):
    """Which rows of a key are asked for: those numbered in [first, stop), `limit` at most."""

    first: int
    stop: int
    limit: int


class OwnTables(msgspec.Struct, frozen=True, kw_only=True):
    """What one worker tells about its tables: sizes by table name, and its tasks."""

    sizes: dict[str, list[PartitionSize]]
    tasks: list[TaskReport]


@get(
    "/api/tables",
    opt=needs(Right.SEE_ALL_TENANTS),
    operation_class=Documented,
    tags=["tables"],
    summary="All tables: partitions, owners, keys, bytes, lag",
    responses=answers(TablesView),
)
async def list_tables(reader: Injected, caller: InjectedCaller) -> TablesView:
    """Answer for all workers; what one did not tell is null."""
    others = await reader.ask_all(("internal", "tables"), (), OwnTables, caller=caller)
    told = [await _own_tables(reader), *(each for each in others.values() if isinstance(each, OwnTables))]
    return TablesView(
        items=[_table_view(reader, table, told) for table in reader.tables.declared()],
        problems=[str(each) for each in others.values() if isinstance(each, PeerError)],
    )


@get(
    "/internal/tables",
    opt=needs(Right.ANSWER_WORKERS),
    operation_class=Documented,
    tags=["between workers"],
    summary="Sizes of this worker's tables",
    responses=answers(OwnTables),
)
async def list_own_tables(reader: Injected) -> OwnTables:
    """Answer another worker that puts the parts together."""
    return await _own_tables(reader)


async def _own_tables(reader: Reader) -> OwnTables:
    sizes = {}
    for table in reader.tables.declared():
        sizes[table.name] = reader.tables.sizes(table)
        # RocksDB is asked partition by partition: other work goes on between two tables.
        await asyncio.sleep(0)
    return OwnTables(sizes=sizes, tasks=reader.membership.tasks())


def _table_view(reader: Reader, table: Table[Any, Any], told: Iterable[OwnTables]) -> TableView:
    sizes = {size.partition: size for own in told for size in own.sizes.get(table.name, [])}
    lags = {task.partition: task.lag for own in told for task in own.tasks if task.duty is Duty.OWNER}
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
        has_rows=_has_rows(table),
        retention_s=table.retention_s,
        written_by=table.written_by,
        version=table.version,
        keys=total(each.keys for each in partitions),
        bytes=total(each.bytes for each in partitions),
        lag=total(each.lag for each in partitions),
        partitions=partitions,
    )


def _has_rows(table: Table[Any, Any]) -> bool:
    return table.keys is ROWS


@get(
    "/api/tables/{name:str}",
    opt=needs(Right.SEE_ALL_TENANTS),
    operation_class=Documented,
    tags=["tables"],
    summary="A table's keys and values, from all workers, in the order of the keys",
    responses=answers(Page[EntryView], HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def list_entries(
    reader: Injected, name: FromPath[str], request: HttpRequest, cursor: Cursor = None, limit: Limit = 50
) -> Response[bytes]:
    """Answer with one page; 503 if any partition cannot be read."""
    table = reader.table(decode_segment(name))
    page = await reader.scan_everywhere(
        table,
        ("internal", "tables", table.name),
        request=request,
        after=decode_cursor(cursor),
        limit=limit,
        render=partial(_stored_entry, reader, table),
    )
    return json_answer(msgspec.json.encode(page))


@get(
    "/internal/tables/{name:str}",
    opt=needs(Right.ANSWER_WORKERS),
    operation_class=Documented,
    tags=["between workers"],
    summary="This worker's part of a page of a table",
    responses=answers(LocalPage, HTTPStatus.NOT_FOUND),
)
async def list_own_entries(
    reader: Injected, name: FromPath[str], limit: Limit, after: Cursor = None
) -> Response[LocalPage]:
    """Answer another worker that merges the parts."""
    table = reader.table(decode_segment(name))
    page = await reader.scan_here(
        table, after=decode_cursor(after), limit=limit, render=partial(_stored_entry, reader, table)
    )
    return Response(page)


@get(
    "/api/tables/{name:str}/{key:str}",
    opt=needs(Right.SEE_ALL_TENANTS),
    operation_class=Documented,
    tags=["tables"],
    summary="One key of a table: its value, or its rows by range",
    responses=answers(EntryView | RowsView[RowView], HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def get_entry(  # noqa: PLR0913 - one per parameter of the query
    *,
    reader: Injected,
    name: FromPath[str],
    key: FromPath[str],
    request: HttpRequest,
    first: Annotated[
        int,
        QueryParameter(
            name="from",
            ge=FIRST_ROW,
            le=LAST_ROW,
            description="Of rows: the first number that is meant.",
            schema_extra=_ANY_ROW,
        ),
    ] = FIRST_ROW,
    stop: Annotated[
        int,
        QueryParameter(
            name="to",
            ge=FIRST_ROW,
            le=LAST_ROW,
            description="Of rows: the first number that is not meant.",
            schema_extra=_ANY_ROW,
        ),
    ] = LAST_ROW,
    cursor: Cursor = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_ROWS, description="Of rows: how many, at most.")] = 200,
) -> Response[bytes]:
    """Answer from the owner of the key's partition."""
    table = reader.table(decode_segment(name))
    asked = decode_segment(key)
    segments = ("api", "tables", table.name, asked)
    if _has_rows(table):
        after = decode_number(cursor)
        start = first if after is None else max(first, after + 1)
        rows = partial(_rows_of_key, reader, table, asked, _Range(start, stop, limit))
        return await reader.at_owner_in_steps(request, asked, segments, rows)
    return await reader.at_owner(request, asked, segments, partial(_entry_of_key, reader, table, asked))


def _entry_of_key(reader: Reader, table: Table[str, Any], key: str) -> Response[bytes]:
    value = reader.tables.get(table, key)
    if value is None:
        raise not_found(Code.UNKNOWN_KEY, f"table {table.name} holds no key {shown(key)}")
    return json_answer(msgspec.json.encode(_entry_view(reader, key, None, value)))


async def _rows_of_key(reader: Reader, table: Table[RowKey, Any], key: str, asked: _Range) -> Response[bytes]:
    _check_text(table, key)
    found = reader.tables.rows(table, key, asked.first, asked.stop)
    views = (RowView(row=row, value=to_object(value)) for row, value in found[: asked.limit])
    view = RowsView(
        key=key,
        partition=reader.partition(key),
        items=await encode_each(views),
        next=encode_number(found[asked.limit - 1][0]) if len(found) > asked.limit else None,
    )
    return json_answer(msgspec.json.encode(view))


def _check_text(table: Table[RowKey, Any], text: str) -> None:
    try:
        table.keys.encode((text, 0))
    except ValueError as error:
        raise bad_request(str(error)) from error


def _stored_entry(reader: Reader, table: Table[Any, Any], stored: bytes, value: msgspec.Struct) -> bytes:
    key = table.keys.decode(stored)
    view = _entry_view(reader, table.keys.home(key), key[1] if _has_rows(table) else None, value)
    return msgspec.json.encode(view)


def _entry_view(reader: Reader, key: str, row: int | None, value: msgspec.Struct) -> EntryView:
    return EntryView(key=key, row=row, partition=reader.partition(key), value=to_object(value))


HANDLERS: Final = (list_tables, list_own_tables, list_entries, list_own_entries, get_entry)
