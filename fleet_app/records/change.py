"""A record of a topic of changes, read: its key, and what is asked for."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from fleet_app.domain.position import reason_of
from fleet_app.domain.refusals import Reason, Refusal
from fleet_app.records.rejected import UnreadableError
from fleet_app.stream.declarations import Record

T = TypeVar("T")


def read_key(record: Record, check: Callable[[str], str]) -> str:
    """Return a record's key as text; `check` returns it, or raises a ValidationError if it cannot be a key.

    Raises:
        UnreadableError: It has none that can be used.
    """
    try:
        return check((record.key or b"").decode())
    except UnicodeDecodeError as error:
        raise UnreadableError(Refusal(Reason.MALFORMED, f"the key is no UTF-8: {error}")) from error
    except msgspec.ValidationError as error:
        raise UnreadableError(Refusal(Reason.OUT_OF_RANGE, f"the key is no id: {error}")) from error


def read_change(record: Record, decode: Callable[[bytes], T]) -> T:
    """Return what a record asks for.

    Raises:
        UnreadableError: It cannot be read.
    """
    try:
        return decode(record.value or b"")
    except msgspec.ValidationError as error:
        raise UnreadableError(Refusal(reason_of(str(error)), str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(Refusal(Reason.MALFORMED, str(error))) from error
    except RecursionError as error:
        raise UnreadableError(Refusal(Reason.MALFORMED, "nested too deeply")) from error


def check_same_key(key: str, inside: str) -> None:
    """Refuse a value that calls itself by another id than its record's key.

    Raises:
        UnreadableError: It does.
    """
    if key != inside:
        raise UnreadableError(
            Refusal(Reason.MISKEYED, f"the record's key is {key!r}, its value calls itself {inside!r}")
        )
