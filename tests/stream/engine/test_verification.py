"""Where a task goes on is told by the changelogs and the group together, or it does not go on."""

import pytest

from fleet_app.stream.engine.marker import Marker
from fleet_app.stream.engine.ports import Bounds
from fleet_app.stream.engine.verification import Disagreement, Evidence, StartingPoint, find_starting_point

BOTH = ["seen", "totals"]

ORIGINS = {"lines": "here", "copies": "here"}


def told(position: int, *, time_ms: int = 5_000, tables: list[str] = BOTH, **others: int) -> Evidence:
    """Return a changelog that ends with a marker."""
    return Evidence(
        Marker({"lines": position, **others}, time_ms, tables, {"lines": "here"}), Bounds(0, 30), holds_records=True
    )


NEVER_WRITTEN = Evidence(None, Bounds(0, 0), holds_records=False)
ONLY_ABORTED = Evidence(None, Bounds(0, 4), holds_records=False)
EMPTIED = Evidence(None, Bounds(30, 30), holds_records=False)
EMPTIED_THEN_ABORTED = Evidence(None, Bounds(30, 34), holds_records=False)
UNMARKED = Evidence(None, Bounds(0, 30), holds_records=True)
UNMARKED_AFTER_DELETION = Evidence(None, Bounds(10, 30), holds_records=True)


@pytest.mark.parametrize("log", [NEVER_WRITTEN, ONLY_ABORTED])
def test_a_new_app_begins_at_the_beginning_even_if_its_first_commit_was_aborted(log: Evidence) -> None:
    found = find_starting_point({"totals": log, "seen": log}, {"lines": None}, ORIGINS)

    assert found == StartingPoint({"lines": None}, 0, {})


def test_markers_and_group_agree() -> None:
    found = find_starting_point({"totals": told(7), "seen": told(7)}, {"lines": 7}, ORIGINS)

    assert found == StartingPoint({"lines": 7}, 5_000, {})


def test_of_the_views_that_markers_tell_the_furthest_counts() -> None:
    older = Evidence(
        Marker({"lines": 7}, 4_000, ["totals"], ORIGINS, {"names": [3, 0]}), Bounds(0, 30), holds_records=True
    )
    newer = Evidence(
        Marker({"lines": 7}, 5_000, ["totals"], ORIGINS, {"names": [3, 2], "more": [1]}),
        Bounds(0, 30),
        holds_records=True,
    )
    found = find_starting_point({"totals": older, "seen": newer, "quiet": told(7)}, {"lines": 7}, ORIGINS)

    assert found == StartingPoint({"lines": 7}, 5_000, {"names": [3, 2], "more": [1]})


def test_of_a_group_that_has_lost_its_offsets_the_markers_count() -> None:
    found = find_starting_point({"totals": told(7), "seen": told(7)}, {"lines": None}, ORIGINS)

    assert found == StartingPoint({"lines": 7}, 5_000, {})


def test_of_a_group_that_has_lost_one_offset_the_marker_counts_for_that_source() -> None:
    found = find_starting_point({"totals": told(7, copies=4)}, {"lines": 7, "copies": None}, ORIGINS)

    assert found == StartingPoint({"lines": 7, "copies": 4}, 5_000, {})


@pytest.mark.parametrize("log", [NEVER_WRITTEN, ONLY_ABORTED])
def test_a_table_younger_than_the_last_commit_need_not_have_a_marker(log: Evidence) -> None:
    found = find_starting_point({"totals": told(7, tables=["totals"]), "seen": log}, {"lines": 7}, ORIGINS)

    assert found == StartingPoint({"lines": 7}, 5_000, {})


@pytest.mark.parametrize("log", [EMPTIED, EMPTIED_THEN_ABORTED])
def test_a_changelog_that_retention_has_emptied_need_not_have_a_marker(log: Evidence) -> None:
    found = find_starting_point({"totals": told(7), "seen": log}, {"lines": 7}, ORIGINS)

    assert found == StartingPoint({"lines": 7}, 5_000, {})


def test_of_changelogs_that_retention_has_all_emptied_the_group_counts() -> None:
    found = find_starting_point({"totals": EMPTIED, "seen": EMPTIED}, {"lines": 7}, ORIGINS)

    assert found == StartingPoint({"lines": 7}, 0, {})


def test_a_source_that_is_new_to_the_app_begins_at_its_beginning() -> None:
    found = find_starting_point({"totals": told(7)}, {"lines": 7, "copies": None}, ORIGINS)

    assert found == StartingPoint({"lines": 7, "copies": None}, 5_000, {})


def test_a_source_that_the_app_has_given_up_does_not_matter() -> None:
    found = find_starting_point({"totals": told(7, copies=4)}, {"lines": 7}, ORIGINS)

    assert found == StartingPoint({"lines": 7}, 5_000, {})


@pytest.mark.parametrize("offset", [6, 8])
def test_a_group_that_says_something_else_than_the_markers_is_not_believed(offset: int) -> None:
    found = find_starting_point({"totals": told(7), "seen": told(7)}, {"lines": offset}, ORIGINS)

    assert found == Disagreement(f"the group says lines is read up to {offset}, the changelogs say 7")


def test_changelogs_that_say_different_things_are_not_believed() -> None:
    found = find_starting_point({"totals": told(7), "seen": told(6)}, {"lines": 7}, ORIGINS)

    assert found == Disagreement(
        "the changelog of totals says {'lines': 7}, that of seen says {'lines': 6}: a release that does not know one "
        "of them has run in between"
    )


@pytest.mark.parametrize("log", [UNMARKED, UNMARKED_AFTER_DELETION])
def test_records_without_any_marker_are_not_believed(log: Evidence) -> None:
    found = find_starting_point({"totals": told(7), "seen": log}, {"lines": 7}, ORIGINS)

    assert found == Disagreement(
        f"the changelog of seen begins at {log.bounds.start} and ends at 30, and has no marker of a commit"
    )


def test_a_changelog_that_was_made_anew_is_not_believed() -> None:
    found = find_starting_point({"totals": told(7), "seen": NEVER_WRITTEN}, {"lines": 7}, ORIGINS)

    assert found == Disagreement("the changelog of seen begins at 0 and ends at 0, and has no marker of a commit")


def test_a_group_with_offsets_is_not_believed_when_all_changelogs_are_new() -> None:
    found = find_starting_point({"totals": NEVER_WRITTEN, "seen": NEVER_WRITTEN}, {"lines": 7}, ORIGINS)

    assert found == Disagreement("the group says {'lines': 7}, and no changelog holds anything")


def test_a_group_with_an_offset_for_a_source_that_no_marker_knows_is_not_believed() -> None:
    found = find_starting_point({"totals": told(7)}, {"lines": 7, "copies": 3}, ORIGINS)

    assert found == Disagreement("the group says copies is read up to 3, the changelogs say None")


def test_a_source_that_was_made_anew_is_not_gone_on_with() -> None:
    found = find_starting_point({"totals": told(7)}, {"lines": None}, {"lines": "made anew"})

    assert found == Disagreement("lines has been deleted and made anew since the changelogs were written")


def test_a_source_that_is_not_read_any_more_may_be_made_anew() -> None:
    found = find_starting_point({"totals": told(7)}, {"copies": None}, {"copies": "here"})

    assert found == StartingPoint({"copies": None}, 5_000, {})
