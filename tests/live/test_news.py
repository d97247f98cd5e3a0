"""What has changed since a point is told exactly, or it is admitted that it cannot be."""

from fleet_app.live.fleet import LiveFleet, Place
from fleet_app.live.frames import Changes
from fleet_app.live.news import Since, SincePositions, SinceVersion, everything, news
from fleet_app.live.tiles import tile_of
from fleet_app.live.wanted import Wanted
from tests.live.fakes import BERLIN, MADRID, NOW_MS, fleet_of, profile, vehicle

IN_BERLIN = Wanted(tenant="acme", tiles=frozenset({tile_of(*BERLIN)}))


def told(fleet: LiveFleet, wanted: Wanted, since: Since) -> tuple[list[str], list[str], list[str]] | None:
    """Return the ids of the rows, the named and the gone; None if it cannot be told."""
    removed = since.removed(fleet)
    changes: Changes | None = None if removed is None else news(since.rows(fleet), removed, wanted, since)
    if changes is None:
        return None
    return (
        [row.value.vehicle_id for row in changes.rows],
        [row.value.vehicle_id for row in changes.named],
        [gone.vehicle_id for gone in changes.gone],
    )


def put(fleet: LiveFleet, vehicle_id: str, at: tuple[float, float] = BERLIN, tenant: str = "acme") -> None:
    fleet.put(Place(0, fleet.positions[0]), vehicle(vehicle_id, NOW_MS + fleet.version, at, tenant))


def test_who_knows_nothing_is_told_everything_that_is_wanted_by_name() -> None:
    fleet = fleet_of(vehicle("a", tenant="acme"), vehicle("b", tenant="other"), vehicle("c", at=MADRID, tenant="acme"))

    changes = everything(fleet.rows_since(0), IN_BERLIN)

    assert [row.value.vehicle_id for row in changes.rows] == ["a"]
    assert changes.named == changes.rows
    assert changes.gone == []


def test_rows_names_and_what_is_gone_since_a_version() -> None:
    fleet = fleet_of()
    for vehicle_id in ("stays", "moves", "leaves", "goes", "still"):
        put(fleet, vehicle_id)
    put(fleet, "comes", MADRID)
    since = SinceVersion(fleet.version)
    put(fleet, "moves")
    put(fleet, "leaves", MADRID)
    put(fleet, "comes")
    put(fleet, "new")
    put(fleet, "foreign", tenant="other")
    fleet.remove(Place(0, 99), "goes")

    assert told(fleet, IN_BERLIN, since) == (["new", "comes", "moves"], ["new", "comes"], ["goes", "leaves"])


def test_the_same_since_positions_on_a_worker_that_saw_it_all() -> None:
    fleet = fleet_of()
    for vehicle_id in ("stays", "moves", "leaves", "goes"):
        put(fleet, vehicle_id)
    put(fleet, "comes", MADRID)
    put(fleet, "foreign", tenant="other")
    since = SincePositions(fleet.moment().positions)
    put(fleet, "moves")
    put(fleet, "leaves", MADRID)
    put(fleet, "comes")
    put(fleet, "foreign", tenant="other")
    fleet.remove(Place(0, 99), "goes")

    assert told(fleet, IN_BERLIN, since) == (["moves", "comes"], ["comes"], ["goes", "leaves"])


def test_a_vehicle_that_may_have_been_ours_makes_it_untellable() -> None:
    since = SincePositions((5, 0))
    compacted = fleet_of()
    compacted.put(Place(0, 7), vehicle("was-it-ours", tenant="other"))

    assert told(compacted, IN_BERLIN, since) is None
    assert told(compacted, Wanted(), since) == (["was-it-ours"], ["was-it-ours"], [])


def test_a_profile_says_that_it_was_not_ours() -> None:
    compacted = fleet_of()
    compacted.change_profile("a", profile("a", "other"))
    compacted.put(Place(0, 7), vehicle("a"))

    assert told(compacted, IN_BERLIN, SincePositions((5, 0))) == ([], [], [])


def test_a_tombstone_alone_is_told_to_who_sees_all_tenants_only() -> None:
    compacted = fleet_of()
    compacted.remove(Place(0, 7), "whose")

    assert told(compacted, IN_BERLIN, SincePositions((5, 0))) is None
    assert told(compacted, Wanted(), SincePositions((5, 0))) == ([], [], ["whose"])


def test_a_removal_of_who_may_have_been_ours_before_makes_it_untellable() -> None:
    compacted = fleet_of()
    compacted.put(Place(0, 7), vehicle("a", tenant="other"))
    compacted.remove(Place(0, 8), "a")

    assert told(compacted, IN_BERLIN, SincePositions((5, 0))) is None
    assert told(compacted, IN_BERLIN, SincePositions((8, 0))) == ([], [], [])


def test_removals_that_are_forgotten_make_it_untellable() -> None:
    fleet = LiveFleet("o", 1, removals_kept=1)
    for offset, vehicle_id in enumerate("abc"):
        fleet.remove(Place(0, offset), vehicle_id)

    assert told(fleet, Wanted(), SinceVersion(0)) is None
    assert told(fleet, Wanted(), SincePositions((0,))) is None
