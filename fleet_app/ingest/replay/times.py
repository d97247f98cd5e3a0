"""Times as files write them: ISO 8601 with or without an offset, or seconds or milliseconds since 1970."""

import re
from datetime import datetime, tzinfo
from typing import Final

_NUMBER: Final = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]+)?")
_MILLISECONDS_FROM: Final = 100_000_000_000
"""As seconds this would be the year 5138, as milliseconds it is 1973."""


def read_time_ms(text: str, zone: tzinfo) -> int:
    """Return the time in ms since 1970, UTC.

    A plain number counts seconds, or milliseconds from 100,000,000,000 on. A time without an offset is local to
    `zone`; one that occurs twice, when clocks go back, is taken as the first.

    Raises:
        ValueError: It is no time; the message continues a sentence that begins with the text.
    """
    if _NUMBER.fullmatch(text):
        number = float(text)
        return round(number if abs(number) >= _MILLISECONDS_FROM else number * 1_000)
    try:
        moment = datetime.fromisoformat(text)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1_000)
    except (ValueError, OverflowError) as error:
        raise ValueError("is not a time: ISO 8601, or seconds or milliseconds since 1970") from error
