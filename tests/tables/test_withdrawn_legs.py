"""The stored form of what was withdrawn."""

from tables.withdrawn_legs import WITHDRAWN_LEGS, WithdrawnLeg

VERSION_1 = b"\x01\x91\x04"


def test_version_1_can_still_be_read() -> None:
    assert WITHDRAWN_LEGS.decode(VERSION_1) == WithdrawnLeg(4)


def test_what_is_written_today_is_read_today() -> None:
    assert WITHDRAWN_LEGS.decode(WITHDRAWN_LEGS.encode(WithdrawnLeg(300))) == WithdrawnLeg(300)


def test_a_row_is_at_home_where_its_vehicle_is() -> None:
    assert WITHDRAWN_LEGS.keys.home(("van-1", 1_800_000_000_000)) == "van-1"
