"""A fleet learns what changes in the profiles, and looks at no more than it must."""

import asyncio

from fleet_app.global_views import VEHICLE_PROFILES
from fleet_app.live.profiles import ProfileCopy
from tests.live.fakes import fleet_of, give_way, profile
from tests.web.fakes import FakeViews


def test_changes_come_over_and_what_is_deleted_goes() -> None:
    views, fleet = FakeViews(), fleet_of()
    copy = ProfileCopy(views, fleet, give_way)
    views.show(VEHICLE_PROFILES, {"a": profile("a", "acme"), "b": profile("b", "acme")})
    asyncio.run(copy.refresh())
    views.show(VEHICLE_PROFILES, {"a": None, "b": profile("b", "other"), "c": profile("c")})
    asyncio.run(copy.refresh())

    assert {vehicle_id: each.tenant for vehicle_id, each in fleet.profiles.items()} == {"b": "other", "c": "default"}


def test_without_a_change_nothing_is_done() -> None:
    views, fleet = FakeViews(), fleet_of()
    copy = ProfileCopy(views, fleet, give_way)
    views.show(VEHICLE_PROFILES, {"a": profile("a")})
    asyncio.run(copy.refresh())
    before = fleet.moment().profiles
    asyncio.run(copy.refresh())

    assert fleet.moment().profiles is before
