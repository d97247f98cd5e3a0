"""What the two ways to send have in common: unknowns, times, attributes, and the last check of a position."""

from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Final

import msgspec

from fleet_app.domain.position import Report, read_report
from fleet_app.domain.refusals import Refusal
from fleet_app.ingest.replay.times import read_time_ms

MAX_ATTRIBUTES: Final = 32
MAX_ATTRIBUTE_NAME: Final = 64
MAX_ATTRIBUTE_TEXT: Final = 256
"""What `Report` allows, in entries and in characters."""
_LONGEST_SHOWN: Final = 128

AttributeValue = str | float | bool | None


class RefusedRequestError(Exception):
    """A request that gives no position; the message names the parameter, its value, and what is expected."""


def shown(value: object) -> str:
    """Return what was sent as it may stand in a message: escaped, and not too long."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def unless_negative(number: float | None) -> float | None:
    """Return a quantity that cannot be negative, or None: phones write -1 for what they do not know."""
    return None if number is None or number < 0 else number


def read_time(name: str, text: str) -> int:
    """Return a time in ms since 1970, UTC: from seconds, milliseconds, or ISO 8601 (UTC if without an offset).

    Raises:
        RefusedRequestError: It is no time.
    """
    try:
        return read_time_ms(text.strip(), UTC)
    except ValueError as error:
        raise RefusedRequestError(f"{name} {shown(text)} {error}") from error


def fitting(attributes: Iterable[tuple[str, AttributeValue]]) -> dict[str, AttributeValue] | None:
    """Return the first known attributes that `Report` has room for, or None if there is none.

    The rest is left out: what is extra never costs the position.
    """
    kept: dict[str, AttributeValue] = {}
    for name, value in attributes:
        if value is not None and len(kept) < MAX_ATTRIBUTES and _fits(name, value):
            kept.setdefault(name, value)
    return kept or None


def _fits(name: str, value: AttributeValue) -> bool:
    return len(name) <= MAX_ATTRIBUTE_NAME and not (isinstance(value, str) and len(value) > MAX_ATTRIBUTE_TEXT)


def checked(report: Report, names: Mapping[str, str]) -> Report:
    """Return the position as every other door would have read it.

    Args:
        report: Made from a request, its values not yet judged.
        names: What the request calls each field of `Report`.

    Raises:
        RefusedRequestError: A value cannot be.
    """
    read = read_report(msgspec.json.encode(report))
    if isinstance(read, Refusal):
        raise RefusedRequestError(_in_words_of_sender(read.detail, report, names))
    return read


def _in_words_of_sender(detail: str, report: Report, names: Mapping[str, str]) -> str:
    for field, name in names.items():
        detail = detail.replace(f"`$.{field}`", f"{name} ({field} {shown(getattr(report, field))})")
    return detail
