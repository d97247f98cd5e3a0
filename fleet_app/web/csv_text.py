"""Tables for spreadsheets: CSV by RFC 4180, in UTF-8, with a header.

Text always stands in quotes, so that a spreadsheet that splits at semicolons finds one cell too. A text that a
spreadsheet would take for a formula gets an apostrophe before it, which a spreadsheet shows as text.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Final

from litestar import Response
from litestar.params import QueryParameter

MEDIA_TYPE: Final = "text/csv"
_FORMULA_STARTS: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""The last four are the wide forms of the first four, which some spreadsheets take for the same."""
_LINES_AT_ONCE: Final = 200
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Cell = str | int | float | bool | None


class Format(StrEnum):
    """In which form a list is answered."""

    JSON = "json"
    CSV = "csv"


AskedFormat = Annotated[
    Format, QueryParameter(name="format", description="`csv` answers with a table for spreadsheets (`text/csv`).")
]


async def csv_response(header: Sequence[str], lines: Iterable[Sequence[Cell]]) -> Response[bytes]:
    """Return the answer that holds a table. Gives way to other work while it is written."""
    text = [_line(header)]
    for number, line in enumerate(lines):
        text.append(_line(line))
        if number % _LINES_AT_ONCE == 0:
            await asyncio.sleep(0)
    return Response("".join(text).encode(), status_code=HTTPStatus.OK, media_type=MEDIA_TYPE)


def iso_time(time_ms: int, zone: tzinfo) -> str:
    """Return an instant as ISO 8601 in a time zone, with milliseconds and the offset from UTC."""
    moment = (_EPOCH + timedelta(milliseconds=time_ms)).astimezone(zone)
    return moment.isoformat(timespec="milliseconds")


def _line(cells: Sequence[Cell]) -> str:
    return ",".join(map(_written, cells)) + "\r\n"


def _written(cell: Cell) -> str:
    """Return a cell as it stands in the text; what is not known is empty."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case str():
            harmless = f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
            return '"' + harmless.replace('"', '""') + '"'
        case _:
            return repr(cell)
