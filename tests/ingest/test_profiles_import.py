"""Many profiles at once."""

import asyncio
from collections.abc import Iterable

import msgspec
import pytest
from litestar.exceptions import ClientException

from fleet_app.domain.access.caller import LOCAL, Caller
from fleet_app.domain.profiles.fleet import Fleet
from fleet_app.domain.profiles.profile import DeviceSpan, VehicleProfile
from fleet_app.domain.revisions import Kept, Outcome, Request, Standing, Verdict, decide, standing_of
from fleet_app.ingest.changes import Door
from fleet_app.ingest.producer import Outgoing, Placed
from fleet_app.ingest.profiles_import import (
    Became,
    Imported,
    ImportedProfile,
    change_of,
    import_profiles,
    is_same,
    read_profile,
)
from fleet_app.records.profile_change import ProfileChange
from fleet_app.stream.declarations import Topic
from tests.ingest.clients import NORTH
from tests.ingest.fakes import FakeOutcomes, ListOfRecords

VAN = VehicleProfile(vehicle_id="van-7", name="Van 7")


class Installation:
    """A Kafka, the agent that decides what comes in, and the view that shows it."""

    def __init__(self, *profiles: VehicleProfile, caller: Caller = LOCAL) -> None:
        self.caller = caller
        self.vehicle_tenants: dict[str, str] = {}
        self.kept = {profile.vehicle_id: Kept(profile, ()) for profile in profiles}
        self.fleet = Fleet().changed({profile.vehicle_id: profile for profile in profiles})
        self.changes: list[ProfileChange] = []

    async def send_all(self, records: Iterable[Outgoing]) -> list[Placed]:
        placed = []
        for record in records:
            change = msgspec.json.decode(record.value or b"", type=ProfileChange)
            request = Request(change.request_id, change.seen_revision, change.profile, change.tenant)
            decision = decide(self.kept.get(record.key), request)
            assert decision.kept is not None
            self.kept[record.key] = decision.kept
            self.fleet = self.fleet.changed({record.key: decision.kept.value})
            placed.append(Placed(0, len(self.changes)))
            self.changes.append(change)
        return placed

    async def standing(self, _topic: Topic, key: str) -> Standing:
        return standing_of(self.kept.get(key), len(self.changes))

    def shown_revision(self, _topic: Topic, key: str) -> int:
        return self.kept[key].value.revision

    def shown_tenant(self, _topic: Topic, key: str) -> str | None:
        profile = self.fleet.get(key)
        return None if profile is None else profile.tenant

    async def tenant_of(self, vehicle_id: str) -> str | None:
        return self.vehicle_tenants.get(vehicle_id)

    def take(self, *elements: object) -> list[tuple[str | None, Became, int | None]]:
        return [(one.vehicle_id, one.became, one.revision) for one in self.imported(*elements).items]

    def imported(self, *elements: object) -> Imported:
        ids = iter(f"id-{number}" for number in range(len(self.changes), 10_000))
        return asyncio.run(
            import_profiles(
                [msgspec.json.encode(element) for element in elements],
                self.caller,
                Door(self, lambda: next(ids), self),
                fleet_now=lambda: self.fleet,
                limit_s=0.05,
                pause_s=0.0,
            )
        )


def test_profiles_are_made_and_changed() -> None:
    installation = Installation(VehicleProfile(vehicle_id="van-8", revision=3))

    taken = installation.take(VAN, VehicleProfile(vehicle_id="van-8", name="Van 8", revision=3))

    assert taken == [("van-7", Became.MADE, 1), ("van-8", Became.CHANGED, 4)]
    assert [profile.name for profile in installation.fleet] == ["Van 7", "Van 8"]


def test_the_same_profiles_again_change_nothing() -> None:
    installation = Installation()
    installation.take(VAN, {"vehicle_id": "van-8"})

    again = installation.take(VAN, {"vehicle_id": "van-8"})

    assert again == [("van-7", Became.UNCHANGED, 1), ("van-8", Became.UNCHANGED, 1)]
    assert len(installation.changes) == 2


def test_what_cannot_be_is_refused_and_costs_nobody_else() -> None:
    installation = Installation(VehicleProfile(vehicle_id="van-8", revision=3, tenant="others"))

    imported = installation.imported(
        {"vehicle_id": "van-9", "colour": "red"},
        {"name": "nobody"},
        {"vehicle_id": "van-1", "devices": [{"device_id": "a"}, {"device_id": "a"}]},
        {"vehicle_id": "van-8", "name": "Van 8", "tenant": "others", "revision": 2},
        VAN,
        {"vehicle_id": "van-7"},
    )

    assert [(one.index, one.vehicle_id, one.became) for one in imported.items] == [
        (0, None, Became.REFUSED),
        (1, None, Became.REFUSED),
        (2, None, Became.REFUSED),
        (3, "van-8", Became.REFUSED),
        (4, "van-7", Became.MADE),
        (5, "van-7", Became.REFUSED),
    ]
    told = ["colour", "vehicle_id", "devices: 'a' is in twice", "changed since", "None", "names this vehicle before"]
    assert [part for one, part in zip(imported.items, told, strict=True) if part in str(one.detail)] == told
    assert len(installation.changes) == 1


def test_a_vehicle_of_another_tenant_is_not_taken_over() -> None:
    installation = Installation(VehicleProfile(vehicle_id="van-7", revision=3, tenant="others"))

    assert installation.take(VAN) == [("van-7", Became.REFUSED, 3)]


def imported_with(outcomes: FakeOutcomes, caller: Caller = LOCAL) -> ImportedProfile:
    """Return what becomes of a profile that this worker is never shown."""
    door = Door(ListOfRecords(), lambda: "a", outcomes)
    imported = asyncio.run(
        import_profiles([b'{"vehicle_id":"van-7"}'], caller, door, fleet_now=Fleet, limit_s=0.0, pause_s=0.0)
    )
    return imported.items[0]


@pytest.mark.parametrize(
    ("standing", "became"),
    [
        (None, Became.UNDECIDED),
        (Standing(0, 0, ()), Became.UNDECIDED),
        (Standing(1, 1, (Outcome("a", Verdict.ACCEPTED, 1),)), Became.MADE),
        (Standing(1, 4, (Outcome("a", Verdict.ACCEPTED, 2),)), Became.CHANGED),
        (Standing(1, 4, (Outcome("a", Verdict.STALE, 4),)), Became.REFUSED),
        (Standing(1, 4, ()), Became.REFUSED),
    ],
)
def test_what_is_not_shown_in_time_is_asked_for_where_it_is_decided(standing: Standing | None, became: Became) -> None:
    assert imported_with(FakeOutcomes([standing])).became is became


def test_nothing_is_sent_for_nothing() -> None:
    assert Installation().take() == []


def test_a_change_carries_the_profile_and_what_was_seen() -> None:
    change = change_of("van-7", Request("a", 3, VAN, "default"))

    assert change.key == "van-7"
    assert msgspec.json.decode(change.record, type=ProfileChange) == ProfileChange(
        request_id="a", seen_revision=3, profile=VAN, tenant="default"
    )


def test_a_profile_that_may_not_be_is_refused_with_its_fault() -> None:
    with pytest.raises(ClientException, match="begins or ends with white space; leave it out; nothing was sent"):
        read_profile(b'{"name":" x"}', LOCAL, "van-7")


def test_revisions_make_no_difference_between_profiles() -> None:
    again = msgspec.structs.replace(VAN, revision=9)
    other = msgspec.structs.replace(VAN, devices=(DeviceSpan("a"),))

    assert [is_same(VAN, one) for one in (again, other, None)] == [True, False, False]
    assert is_same(None, None)


# --- one of several tenants


def test_a_tenant_makes_and_changes_its_own_profiles() -> None:
    own = VehicleProfile(vehicle_id="van-8", tenant="north", revision=3)
    installation = Installation(own, caller=NORTH)

    taken = installation.take({"vehicle_id": "van-7", "tenant": "south"}, {"vehicle_id": "van-8", "name": "Van 8"})

    assert taken == [("van-7", Became.REFUSED, None), ("van-8", Became.CHANGED, 4)]
    assert installation.take({"vehicle_id": "van-7"}, {"vehicle_id": "van-8", "name": "Van 8"}) == [
        ("van-7", Became.MADE, 1),
        ("van-8", Became.UNCHANGED, 4),
    ]
    assert [(profile.vehicle_id, profile.tenant) for profile in installation.fleet] == [
        ("van-7", "north"),
        ("van-8", "north"),
    ]


def test_of_another_tenants_vehicles_nothing_is_told_and_nothing_sent() -> None:
    by_profile = VehicleProfile(vehicle_id="van-7", tenant="south", revision=3)
    installation = Installation(by_profile, caller=NORTH)
    installation.vehicle_tenants = {"van-8": "south"}

    imported = installation.imported(
        {"vehicle_id": "van-7"}, {"vehicle_id": "van-7", "revision": 3}, {"vehicle_id": "van-8"}
    )

    assert [(one.became, one.revision) for one in imported.items] == [(Became.REFUSED, 0)] * 3
    assert [one.detail for one in imported.items] == [
        "no profile of a vehicle 'van-7' is known",
        "no profile of a vehicle 'van-7' is known",
        "no profile of a vehicle 'van-8' is known",
    ]
    assert installation.changes == []


@pytest.mark.parametrize(
    ("verdict", "revision"), [(Verdict.OTHER_TENANT, 0), (Verdict.OVERTAKEN, None), (Verdict.STALE, 4)]
)
def test_what_turns_out_to_be_anothers_only_later_tells_no_revision(verdict: Verdict, revision: int | None) -> None:
    one = imported_with(FakeOutcomes([Standing(1, 4, (Outcome("a", verdict, 4),))]), NORTH)

    assert (one.became, one.revision) == (Became.REFUSED, revision)
