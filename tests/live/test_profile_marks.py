"""Marks are the same where a tenant's fleet is told by the same profiles, and only there."""

from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.live.profile_marks import ProfileMarks
from tests.live.fakes import profile


def marks(*profiles: VehicleProfile) -> ProfileMarks:
    found = ProfileMarks()
    for each in profiles:
        found = found.after(None, each)
    return found


def test_the_way_to_the_same_profiles_makes_no_difference() -> None:
    a, b, c = profile("a", "acme", name="new"), profile("b", "acme"), profile("c", "other")
    old = profile("a", "acme", name="old")
    there = marks(old, b).after(old, a).after(None, c).after(c, None)

    assert [there.of(tenant) for tenant in ("acme", "other", None)] == [
        marks(b, a).of(tenant) for tenant in ("acme", "other", None)
    ]
    assert there.of("acme") != there.of("other")


def test_another_tenants_profile_makes_a_difference_by_which_vehicle_it_takes() -> None:
    before, taken = marks(profile("a", "acme")), marks(profile("a", "acme"), profile("b", "other"))

    assert taken.of("acme") != before.of("acme")
    assert taken.of("acme") == marks(profile("a", "acme"), profile("b", "third", name="named")).of("acme")
    assert taken.of("acme") != marks(profile("a", "acme"), profile("c", "other")).of("acme")


def test_who_sees_all_sees_every_change() -> None:
    named = marks(profile("a", "acme"), profile("b", "other", name="named"))

    assert named.of(None) != marks(profile("a", "acme"), profile("b", "other")).of(None)
