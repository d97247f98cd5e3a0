"""Which changes are accepted, and what whoever asked can find out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.revisions import (
    MOST_OUTCOMES,
    Kept,
    Outcome,
    Request,
    Standing,
    Verdict,
    decide,
    outcome_of,
    standing_of,
)

DEPOT = Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.4, 100.0))
YARD = Geofence(geofence_id="depot", name="Yard", shape=Circle(52.5, 13.4, 200.0))
THEIRS = Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.4, 100.0), tenant="others")


def put(request_id: str, seen: int | None = None, value: Geofence = DEPOT) -> Request[Geofence]:
    return Request(request_id, seen, value)


def delete(request_id: str, seen: int | None = None) -> Request[Geofence]:
    return Request(request_id, seen, None)


def after(*requests: Request[Geofence]) -> Kept[Geofence] | None:
    """Return what is kept after requests, one after the other."""
    kept: Kept[Geofence] | None = None
    for request in requests:
        kept = decide(kept, request).kept
    return kept


def known(kept: Kept[Geofence] | None) -> Kept[Geofence]:
    assert kept is not None
    return kept


def test_what_was_not_there_begins_at_revision_1_whatever_its_sender_wrote_into_it() -> None:
    decision = decide(None, Request("a", 0, Geofence(geofence_id="x", name="X", shape=DEPOT.shape, revision=41)))

    assert decision.outcome == Outcome("a", Verdict.ACCEPTED, 1)
    assert (known(decision.kept).value.revision, decision.is_change) == (1, True)


def test_a_change_that_saw_the_revision_there_is_counts_up_by_one() -> None:
    kept = after(put("a"), put("b", 1, YARD))

    assert (known(kept).value.name, known(kept).value.revision) == ("Yard", 2)


def test_a_change_that_saw_nothing_in_particular_overwrites_whatever_there_is() -> None:
    assert known(after(put("a"), put("b"), put("c", None, YARD))).value.revision == 3


def test_a_change_that_saw_another_revision_is_refused_with_the_one_there_is() -> None:
    before = after(put("a"), put("b"))
    decision = decide(before, put("c", 1, YARD))

    assert decision.outcome == Outcome("c", Verdict.STALE, 2)
    assert (known(decision.kept).value, decision.is_change) == (known(before).value, False)


def test_who_asks_that_there_be_none_does_not_overwrite() -> None:
    assert decide(after(put("a")), put("b", 0, YARD)).outcome == Outcome("b", Verdict.STALE, 1)


def test_a_change_of_what_is_gone_is_refused_and_leaves_nothing() -> None:
    decision = decide(None, put("a", 3))

    assert decision.outcome == Outcome("a", Verdict.STALE, 0)
    assert (decision.kept, decision.is_change) == (None, False)


def test_a_delete_leaves_nothing_and_what_is_made_again_begins_at_1() -> None:
    deleted = decide(after(put("a"), put("b")), delete("c", 2))

    assert deleted.outcome == Outcome("c", Verdict.ACCEPTED, 0)
    assert (deleted.kept, deleted.is_change) == (None, True)
    assert decide(deleted.kept, put("d", 0)).outcome == Outcome("d", Verdict.ACCEPTED, 1)


def test_a_stale_delete_is_refused() -> None:
    decision = decide(after(put("a"), put("b")), delete("c", 1))

    assert decision.outcome == Outcome("c", Verdict.STALE, 2)
    assert known(decision.kept).value.revision == 2


def test_deleting_what_is_not_there_is_accepted_whatever_was_seen_and_changes_nothing() -> None:
    for seen in (None, 0, 7):
        decision = decide(None, delete("a", seen))

        assert decision.outcome == Outcome("a", Verdict.ACCEPTED, 0)
        assert (decision.kept, decision.is_change) == (None, False)


def test_what_is_one_tenants_does_not_become_anothers() -> None:
    decision = decide(after(put("a")), put("b", 1, THEIRS))

    assert decision.outcome == Outcome("b", Verdict.OTHER_TENANT, 1)
    assert (known(decision.kept).value.tenant, decision.is_change) == ("default", False)


@pytest.mark.parametrize("seen", [None, 1, 7])
@pytest.mark.parametrize("value", [None, DEPOT, THEIRS])
def test_who_asks_for_another_tenant_changes_nothing_whatever_was_seen(
    seen: int | None, value: Geofence | None
) -> None:
    decision = decide(after(put("a")), Request("b", seen, value, "others"))

    assert decision.outcome.verdict is Verdict.OTHER_TENANT
    assert (known(decision.kept).value, decision.is_change) == (known(after(put("a"))).value, False)


@pytest.mark.parametrize("tenant", [None, "default"])
def test_who_asks_for_the_same_tenant_or_for_all_is_heard(tenant: str | None) -> None:
    assert decide(after(put("a")), Request("b", 1, YARD, tenant)).outcome.verdict is Verdict.ACCEPTED
    assert decide(after(put("a")), Request("b", 7, YARD, tenant)).outcome.verdict is Verdict.STALE
    assert decide(None, Request("b", None, None, tenant)).outcome.verdict is Verdict.ACCEPTED


def test_a_repeated_request_gets_the_same_answer_and_changes_nothing() -> None:
    first = decide(after(put("a")), put("b", 1, YARD))
    later = decide(first.kept, put("c"))
    repeated = decide(later.kept, put("b", 1, YARD))

    assert repeated.outcome == first.outcome
    assert (repeated.kept, repeated.is_change) == (later.kept, False)


def test_the_newest_outcomes_are_kept() -> None:
    kept = known(after(*(put(f"r{number}") for number in range(MOST_OUTCOMES + 3))))

    assert [outcome.request_id for outcome in kept.outcomes] == [f"r{number}" for number in range(3, MOST_OUTCOMES + 3)]


# --- what whoever asked can find out


def standing(*requests: Request[Geofence]) -> Standing:
    """Return how the key stands once these requests, at offsets from 0 on, are decided."""
    return standing_of(after(*requests), len(requests))


def test_until_its_record_is_decided_nothing_is_known_of_a_request() -> None:
    assert outcome_of(put("b"), 1, standing(put("a"))) is None


def test_what_became_of_a_request_is_found_by_its_id() -> None:
    assert outcome_of(put("b"), 1, standing(put("a"), put("b", 7))) == Outcome("b", Verdict.STALE, 1)


def test_a_delete_is_done_once_its_record_is_decided_and_there_is_nothing() -> None:
    done = standing(put("a"), delete("b"))

    assert outcome_of(delete("b"), 1, done) == Outcome("b", Verdict.ACCEPTED, 0)


def test_a_refused_delete_is_found_refused() -> None:
    assert outcome_of(delete("b", 9), 1, standing(put("a"), delete("b", 9))) == Outcome("b", Verdict.STALE, 1)


def test_a_value_that_was_deleted_since_is_told_as_overtaken() -> None:
    gone = standing(put("a"), delete("b"))

    assert outcome_of(put("a"), 0, gone) == Outcome("a", Verdict.OVERTAKEN, 0)


def test_a_delete_of_what_was_made_again_since_is_told_as_overtaken() -> None:
    again = standing(put("a"), delete("b"), put("c"))

    assert outcome_of(delete("b"), 1, again) == Outcome("b", Verdict.OVERTAKEN, 1)


def test_a_request_that_many_others_have_followed_is_told_as_overtaken() -> None:
    busy = standing(*(put(f"r{number}") for number in range(MOST_OUTCOMES + 1)))

    assert outcome_of(put("r0"), 0, busy) == Outcome("r0", Verdict.OVERTAKEN, MOST_OUTCOMES + 1)


# --- whatever comes, in whatever order, however often


def requests() -> st.SearchStrategy[list[Request[Geofence]]]:
    """Requests that may be repeated, the same content each time, by others in between."""
    of_kind = st.builds(
        lambda seen, value: (seen, value),
        st.none() | st.integers(0, 6),
        st.none() | st.sampled_from([DEPOT, YARD, THEIRS]),
    )
    return st.lists(of_kind, min_size=1, max_size=20).flatmap(
        lambda kinds: st.lists(
            st.sampled_from([Request(f"r{number}", *kind) for number, kind in enumerate(kinds)]), max_size=40
        )
    )


@given(requests())
def test_revisions_count_up_by_one_from_1_and_nothing_else_changes(asked: list[Request[Geofence]]) -> None:
    kept: Kept[Geofence] | None = None
    for request in asked:
        before = 0 if kept is None else kept.value.revision
        decision = decide(kept, request)
        kept = decision.kept
        revision = 0 if kept is None else kept.value.revision

        assert (revision != before) == decision.is_change
        assert revision in (before, before + 1, 0)


@given(requests())
def test_what_stands_as_decided_is_never_done_again(asked: list[Request[Geofence]]) -> None:
    kept: Kept[Geofence] | None = None
    for request in asked:
        stands = {} if kept is None else {outcome.request_id: outcome for outcome in kept.outcomes}
        decision = decide(kept, request)
        kept = decision.kept

        assert not (decision.is_change and request.request_id in stands)
        assert decision.outcome == stands.get(request.request_id, decision.outcome)


@given(requests())
def test_what_is_decided_is_found_as_it_was_decided_or_as_overtaken(asked: list[Request[Geofence]]) -> None:
    kept: Kept[Geofence] | None = None
    for offset, request in enumerate(asked):
        decision = decide(kept, request)
        kept = decision.kept
        found = outcome_of(request, offset, standing_of(kept, offset + 1))

        assert found is not None
        assert found == decision.outcome or (found.verdict, kept) == (Verdict.OVERTAKEN, None)
