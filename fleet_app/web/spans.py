"""`from` and `to`: how a request says which stretch of time it is about."""

import re
from datetime import datetime
from typing import Final, NamedTuple

from fleet_app.domain.edges import HOUR_MS
from fleet_app.http.problems import bad_request, shown

DAY_MS: Final = 24 * HOUR_MS
_EPOCH_MS: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)


class Span(NamedTuple):
    """The instants of [from_ms, to_ms), event time, ms since 1970."""

    from_ms: int
    to_ms: int


class AskedSpan(NamedTuple):
    """The same as it was asked for: None is left to the route."""

    from_ms: int | None
    to_ms: int | None

    def settle(self, *, until_ms: int, length_ms: int) -> Span:
        """Return the span: up to `until_ms` and `length_ms` long unless told otherwise.

        Without `to`, a `from` beyond `until_ms` is the start of an empty span: whoever follows a vehicle asks so.

        Raises:
            ApiError: 400, `from` is not before `to`.
        """
        if self.to_ms is None:
            to_ms = until_ms if self.from_ms is None else max(until_ms, self.from_ms + 1)
        else:
            to_ms = self.to_ms
        from_ms = to_ms - length_ms if self.from_ms is None else self.from_ms
        if to_ms <= from_ms:
            raise bad_request(f"from: {from_ms} is not before to, {to_ms} (ms since 1970)")
        return Span(from_ms, to_ms)


def read_span(since: str | None, until: str | None) -> AskedSpan:
    """Read `from` and `to`.

    Raises:
        ApiError: 400, naming the parameter, its value and what it may be.
    """
    return AskedSpan(
        None if since is None else read_time("from", since), None if until is None else read_time("to", until)
    )


def check_length(span: Span, *, longest_ms: int, because: str) -> Span:
    """Return the span, unless it is too long.

    Raises:
        ApiError: 400, naming the limit.
    """
    length_ms = span.to_ms - span.from_ms
    if length_ms > longest_ms:
        raise bad_request(
            f"from and to are {length_ms / HOUR_MS:.1f} h apart, at most {longest_ms // HOUR_MS} h are answered "
            f"({because}): move from to {span.to_ms - longest_ms}, or to to {span.from_ms + longest_ms}"
        )
    return span


def after(span: Span, instant_ms: int | None) -> Span:
    """Return the part of a span that comes after an instant, empty if nothing does; all of it for None."""
    return span if instant_ms is None else Span(max(span.from_ms, instant_ms + 1), span.to_ms)


def read_time(name: str, text: str) -> int:
    """Read an instant: ISO 8601 with an offset, or ms since 1970.

    Raises:
        ApiError: 400, naming the parameter, its value and what it may be.
    """
    if _EPOCH_MS.fullmatch(text):
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad_request(
            f"{name}: {shown(text)} is neither ISO 8601, such as 2026-01-31T08:30:00Z, nor ms since 1970 "
            "(in a URL, write the + of an offset as %2B)"
        ) from error
    if moment.tzinfo is None:
        raise bad_request(f"{name}: {shown(text)} says no offset from UTC: add Z, or one such as %2B02:00")
    return round(moment.timestamp() * 1000)
