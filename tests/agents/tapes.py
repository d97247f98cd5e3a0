"""What devices send: drives, clean or dirty, in time or late."""

from typing import NamedTuple

from hypothesis import strategies as st

from fleet_app.domain.fix import Fix
from fleet_app.domain.refusals import Reason
from tests.agents.one_van import DAY_MS, HOUR_MS, OneVan, position_of
from tests.domain.drives import START_MS, drives, fix_at

REFUSED_ON_ARRIVAL = {
    Reason.TOO_OLD: fix_at(-86_401),
    Reason.IN_FUTURE: fix_at(61),
    Reason.NULL_ISLAND: Fix(START_MS, 0.0, 0.0),
    Reason.INACCURATE: Fix(START_MS, 52.0, 13.0, accuracy_m=200.1),
}
"""A fix for each reason, refused if it is received at `START_MS`."""


class Sent(NamedTuple):
    """A position as it came in."""

    value: bytes
    received_ms: int


@st.composite
def dirty_tapes(draw: st.DrawFn) -> list[Sent]:
    """Return what devices send: a drive, some of it late, twice, or with things that cannot be."""
    tape: list[Sent] = []
    for fix in draw(drives(longest=6)):
        delay_s = draw(st.sampled_from((1, 1, 1, 1, 1, 1, 7, 60, 4_000)))
        dirt = draw(st.sampled_from((None,) * 12 + (*REFUSED_ON_ARRIVAL, "twice", "twice much later")))
        tape.append(Sent(position_of(fix), fix.time_ms + delay_s * 1_000))
        received_ms = fix.time_ms + 1_000
        dirty = {
            None: [],
            Reason.TOO_OLD: [Sent(position_of(Fix(received_ms - DAY_MS - 1, fix.lat, fix.lon)), received_ms)],
            Reason.IN_FUTURE: [Sent(position_of(Fix(received_ms + 60_001, fix.lat, fix.lon)), received_ms)],
            Reason.NULL_ISLAND: [Sent(position_of(Fix(fix.time_ms, 0.0, 0.0)), received_ms)],
            Reason.INACCURATE: [Sent(position_of(Fix(fix.time_ms, fix.lat, fix.lon, None, None, 999.0)), received_ms)],
            "twice": [Sent(position_of(fix), received_ms)],
            "twice much later": [Sent(position_of(fix), received_ms + HOUR_MS)],
        }
        tape += dirty[dirt]
    return sorted(tape, key=lambda sent: sent.received_ms)


def played(tape: list[Sent]) -> OneVan:
    """Return the van after everything on a tape has come in, and two hours of silence."""
    van = OneVan()
    for value, received_ms in tape:
        van.bring(value, received_ms)
    van.wait(7_200)
    return van
