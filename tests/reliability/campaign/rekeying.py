"""Records that stand in the wrong partition: where they belong, and that they are sent on there, once.

`name_of` returns what decides where a record belongs, or None of one that cannot be read.
"""

from collections.abc import Callable, Iterable
from typing import Final

from tests.reliability.campaign.evidence import Seen
from tests.reliability.campaign.findings import Findings, UnjudgedError

HEADER: Final = "fleet-rekeyed"
"""Marks a record that was sent on."""

SENT_SO: Final = b'"astray":true'
"""Stands in values that the load itself sends with the header."""

NameOf = Callable[[Seen], str | None]


def was_sent_on(record: Seen) -> bool:
    """Return whether it says that it was sent on."""
    return any(name == HEADER for name, _ in record.headers)


def homes_of(records: Iterable[Seen], name_of: NameOf) -> dict[str, int]:
    """Return where each name belongs: where the load's own records came out that are keyed as they should be.

    Raises:
        UnjudgedError: The load has sent a name to two partitions.
    """
    homes: dict[str, int] = {}
    for record in records:
        name = name_of(record)
        if name is None or was_sent_on(record) or record.key != name.encode():
            continue
        if homes.setdefault(name, record.partition) != record.partition:
            raise UnjudgedError(f"the load has sent {name} to partitions {homes[name]} and {record.partition}")
    return homes


def check_copies(records: Iterable[Seen], expected: Iterable[tuple[int, bytes]], findings: Findings) -> None:
    """Compare what was sent on with what should be: home and value of each stranger."""
    copies = [(record.partition, record.value or b"") for record in records if was_sent_on(record)]
    by_the_load = [copy for copy in copies if SENT_SO in copy[1]]
    findings.compare_once("sent on to where they belong", [*expected, *by_the_load], copies)
