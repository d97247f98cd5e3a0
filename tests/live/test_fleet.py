"""The fleet remembers what changed when, and what it cannot tell any more."""

import pytest

from fleet_app.live.fleet import LiveFleet, Place, Row, number_of
from fleet_app.live.wanted import Cell
from tests.live.fakes import BERLIN, MADRID, NOW_MS, fleet_of, profile, vehicle


def ids(rows: list[Row]) -> list[str]:
    return [row.value.vehicle_id for row in rows]


def row_of(fleet: LiveFleet, vehicle_id: str) -> Row:
    row = fleet.get(vehicle_id)
    assert row is not None
    return row


def test_numbers_are_the_same_everywhere() -> None:
    assert number_of("van-1") == 2966545082312677179


def test_what_changed_since_is_a_walk_from_the_newest_change() -> None:
    fleet = fleet_of(vehicle("a"), vehicle("b"), vehicle("c"))
    version = fleet.version
    fleet.put(Place(0, 3), vehicle("a", NOW_MS + 1))
    fleet.put(Place(1, 0), vehicle("d"))

    assert ids(fleet.rows_since(version)) == ["d", "a"]
    assert set(ids(fleet.rows_since(0))) == {"a", "b", "c", "d"}
    assert fleet.moment().positions == (4, 1)


def test_a_profile_decides_whose_a_vehicle_is() -> None:
    fleet = fleet_of(vehicle("a", tenant="told"))
    fleet.change_profile("a", profile("a", "acme", "north"))

    assert row_of(fleet, "a").cell[:2] == ("acme", "north")
    assert row_of(fleet, "a").value.tenant == "acme"

    fleet.put(Place(0, 1), vehicle("a", NOW_MS + 1, tenant="told"))
    fleet.change_profile("a", None)

    assert row_of(fleet, "a").cell[:2] == ("told", None)
    assert row_of(fleet, "a").value.tenant == "told"


def test_who_changes_hands_is_removed_from_its_tenant() -> None:
    fleet = fleet_of(vehicle("a", tenant="one"))
    version = fleet.version
    fleet.put(Place(0, 1), vehicle("a", tenant="two"))
    fleet.change_profile("a", profile("a", "three"))

    removed = fleet.removed_since(version)

    assert removed is not None
    assert [(each.tenant, each.offset) for each in removed] == [("two", -1), ("one", 1)]


def test_a_vehicle_is_known_to_be_in_its_cell_since_it_came_there() -> None:
    fleet = fleet_of(vehicle("a"), vehicle("a", NOW_MS + 1))
    assert row_of(fleet, "a").cell_offset == 0

    fleet.put(Place(0, 2), vehicle("a", NOW_MS + 2, MADRID))
    assert (row_of(fleet, "a").cell_offset, row_of(fleet, "a").cell_version) == (2, fleet.version)

    fleet.put(Place(0, 3), vehicle("a", NOW_MS + 3, MADRID))
    assert row_of(fleet, "a").cell_offset == 2
    assert row_of(fleet, "a").tenant_offset == 0


def test_a_change_of_names_counts_as_coming_into_the_cell() -> None:
    fleet = fleet_of(vehicle("a"))
    fleet.change_profile("a", profile("a", "default", name="A"))

    assert row_of(fleet, "a").cell_version == fleet.version


def test_a_tombstone_of_an_unknown_vehicle_is_nobodys_or_its_profiles() -> None:
    fleet = fleet_of()
    fleet.change_profile("b", profile("b", "acme"))
    fleet.remove(Place(0, 0), "a")
    fleet.remove(Place(0, 1), "b")

    removed = fleet.removed_behind((0, 0))

    assert removed is not None
    assert [(each.vehicle_id, each.tenant) for each in removed] == [("a", None), ("b", "acme")]


def test_removals_are_remembered_for_a_while_and_forgetting_them_is_admitted() -> None:
    fleet = LiveFleet("o", 2, removals_kept=2)
    for offset, vehicle_id in enumerate(("a", "b", "c")):
        fleet.remove(Place(0, offset), vehicle_id)

    assert fleet.removed_since(0) is None
    assert len(fleet.removed_since(1) or ()) == 2
    assert fleet.removed_behind((0, 0)) is None
    assert len(fleet.removed_behind((1, 0)) or ()) == 2


def test_a_listener_is_told_of_every_change() -> None:
    fleet = fleet_of()
    told: list[tuple[int, list[Cell]]] = []

    def listen(version: int, *rows: Row | None) -> None:
        told.append((version, [row.cell for row in rows if row is not None]))

    fleet.listener = listen
    fleet.put(Place(0, 0), vehicle("a", at=BERLIN))
    fleet.change_profile("a", profile("a", "acme"))
    fleet.remove(Place(0, 1), "a")
    fleet.remove(Place(0, 2), "a")

    first, second = Cell("default", None, 1314), Cell("acme", None, 1314)
    assert told == [(1, [first]), (2, [first, second]), (3, [second])]


@pytest.mark.parametrize("partition", [0, 1])
def test_what_is_passed_by_counts_as_read(partition: int) -> None:
    fleet = fleet_of()
    fleet.pass_by(partition, 9)

    assert fleet.moment().positions[partition] == 9
    assert fleet.version == 0
