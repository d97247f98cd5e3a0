"""The stored form of a closed pane, and what the table says of its rows."""

from fleet_app.domain.panes import Pane
from fleet_app.domain.totals import Totals
from tables.windows_1m import WINDOWS_1M

PANE = Pane(1_800_000_000_000, 1_800_000_060_000, Totals(3, 250.5, 30.0, 5.0, 6.0, 7.0, 2, 8.0), 12.0, 2)
VERSION_1 = (
    b"\x01\x98\xcf\x00\x00\x01\xa3\x18\\P\x00\xcf\x00\x00\x01\xa3\x18]:`"
    b"\x03\xcb@oP\x00\x00\x00\x00\x00\x02\xcb@(\x00\x00\x00\x00\x00\x00\xcb@\x1c\x00\x00\x00\x00\x00\x00\x02"
)
VERSION_2 = (
    b"\x02\x95\xcf\x00\x00\x01\xa3\x18\\P\x00\xcf\x00\x00\x01\xa3\x18]:`"
    b"\x98\x03\xcb@oP\x00\x00\x00\x00\x00\xcb@>\x00\x00\x00\x00\x00\x00\xcb@\x14\x00\x00\x00\x00\x00\x00"
    b"\xcb@\x18\x00\x00\x00\x00\x00\x00\xcb@\x1c\x00\x00\x00\x00\x00\x00\x02\xcb@ \x00\x00\x00\x00\x00\x00"
    b"\xcb@(\x00\x00\x00\x00\x00\x00\x02"
)


def test_version_1_can_still_be_read_it_knew_fixes_metres_and_the_highest_speed() -> None:
    assert WINDOWS_1M.decode(VERSION_1) == Pane(PANE.start_ms, PANE.end_ms, Totals(3, 250.5), 7.0, 2)


def test_version_2_can_still_be_read() -> None:
    assert WINDOWS_1M.decode(VERSION_2) == PANE


def test_what_is_written_today_is_read_today() -> None:
    assert WINDOWS_1M.decode(WINDOWS_1M.encode(PANE)) == PANE


def test_a_row_is_at_home_where_its_vehicle_is() -> None:
    assert WINDOWS_1M.keys.home(("van-1", PANE.start_ms)) == "van-1"


def test_rows_are_kept_as_long_as_their_size_says() -> None:
    assert WINDOWS_1M.retention_s == 24 * 3_600
