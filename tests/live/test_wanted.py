"""What a client wants, and what it may know of."""

import pytest

from fleet_app.live.tiles import Box
from fleet_app.live.wanted import Cell, Wanted, digest_of, tiles_wanted

NORTH = Cell("acme", "north", 7)


@pytest.mark.parametrize(
    ("wanted", "is_wanted"),
    [
        (Wanted(), True),
        (Wanted(tenant="acme", groups=frozenset({"north"}), tiles=frozenset({7})), True),
        (Wanted(tenant="other"), False),
        (Wanted(groups=frozenset({"south"})), False),
        (Wanted(groups=frozenset()), False),
        (Wanted(tiles=frozenset({8})), False),
    ],
)
def test_a_cell_is_wanted_if_everything_about_it_is(wanted: Wanted, *, is_wanted: bool) -> None:
    assert wanted.matches(NORTH) is is_wanted


def test_a_vehicle_without_a_group_is_in_none_of_those_that_are_wanted() -> None:
    assert not Wanted(groups=frozenset({"north"})).matches(Cell("acme", None, 7))


def test_one_tenant_is_never_told_of_another() -> None:
    assert not Wanted(tenant="acme").may_know_of("other")
    assert Wanted().may_know_of("other")


def test_different_wishes_have_different_digests_whatever_their_order() -> None:
    wishes = [Wanted(), Wanted(tenant="a"), Wanted(groups=frozenset("a")), Wanted(tiles=frozenset({1}))]

    assert len({digest_of(wanted, form) for wanted in wishes for form in ("map/packed", "full/packed")}) == 8
    assert digest_of(Wanted(groups=frozenset("ab")), "x") == digest_of(Wanted(groups=frozenset("ba")), "x")


def test_the_whole_world_is_no_filter() -> None:
    assert tiles_wanted(None) is None
    assert tiles_wanted(Box(-180.0, -90.0, 180.0, 90.0)) is None
    assert tiles_wanted(Box(13.0, 52.0, 14.0, 53.0)) is not None
