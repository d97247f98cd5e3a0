"""Partitions are shared out evenly, and stay where they are."""

from collections.abc import Mapping
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from fleet_app.stream.lane.sharing import NOTHING, Share, share_out

MEMBERS = ("a", "b", "c", "d", "e", "f", "g")


def fresh(count: int) -> dict[str, Share]:
    return dict.fromkeys(MEMBERS[:count], NOTHING)


def spread(numbers: list[int]) -> int:
    return max(numbers) - min(numbers)


def owner_of(shares: Mapping[str, Share], partition: int) -> str:
    (owner,) = [member for member, share in shares.items() if partition in share.active]
    return owner


def moved(before: Mapping[str, Share], after: Mapping[str, Share]) -> int:
    return sum(len(share.active - before.get(member, NOTHING).active) for member, share in after.items())


@st.composite
def histories(draw: st.DrawFn) -> tuple[dict[str, Share], int, int]:
    """Members, some of them new, with any claims at all, even contradictory ones."""
    partitions = draw(st.integers(1, 24))
    some = st.frozensets(st.integers(0, partitions + 2))
    members = draw(st.lists(st.sampled_from(MEMBERS), min_size=1, unique=True))
    held = {member: Share(draw(some), draw(some)) for member in members}
    return held, partitions, draw(st.integers(0, 3))


@given(histories())
def test_every_partition_has_one_owner(history: tuple[dict[str, Share], int, int]) -> None:
    held, partitions, standbys = history

    shares = share_out(held, partitions, standbys)

    assert sorted(p for share in shares.values() for p in share.active) == list(range(partitions))


@given(histories())
def test_every_partition_has_its_copies_on_other_members_than_its_owner(
    history: tuple[dict[str, Share], int, int],
) -> None:
    held, partitions, standbys = history

    shares = share_out(held, partitions, standbys)

    copies = [sum(p in share.standby for share in shares.values()) for p in range(partitions)]
    assert [min(standbys, len(held) - 1)] * partitions == copies
    assert all(share.active.isdisjoint(share.standby) for share in shares.values())


@given(histories())
def test_members_differ_by_one_partition_and_by_one_copy_at_most(history: tuple[dict[str, Share], int, int]) -> None:
    shares = share_out(*history).values()

    assert spread([len(share.active) for share in shares]) <= 1
    assert spread([len(share.standby) for share in shares]) <= 1
    assert spread([len(share.active) + len(share.standby) for share in shares]) <= 1


@given(histories())
def test_sharing_again_changes_nothing(history: tuple[dict[str, Share], int, int]) -> None:
    held, partitions, standbys = history
    shares = share_out(held, partitions, standbys)

    assert share_out(shares, partitions, standbys) == shares


@given(st.integers(1, 24), st.integers(0, 2), st.integers(1, 6), st.data())
def test_owners_change_as_little_as_the_balance_allows(
    partitions: int, standbys: int, before: int, data: st.DataObject
) -> None:
    old = share_out(fresh(before), partitions, standbys)
    members = data.draw(st.lists(st.sampled_from(MEMBERS), min_size=1, unique=True))
    held = {member: old.get(member, NOTHING) for member in members}

    shares = share_out(held, partitions, standbys)

    each, left = divmod(partitions, len(members))
    kept_at_most = max(
        sum(min(len(held[member].active), each + (member in favoured)) for member in members)
        for favoured in combinations(members, left)
    )
    assert moved(held, shares) == partitions - kept_at_most


def test_a_fifth_worker_takes_what_one_worker_can_spare() -> None:
    four = share_out(fresh(4), 8, 1)

    five = share_out({**four, "e": NOTHING}, 8, 1)

    assert sorted(len(share.active) for share in five.values()) == [1, 1, 2, 2, 2]
    assert moved(four, five) == 1


def test_partitions_of_a_worker_that_died_go_to_those_with_a_copy() -> None:
    four = share_out(fresh(4), 8, 1)

    three = share_out({member: four[member] for member in "bcd"}, 8, 1)

    assert all(p in four[owner_of(three, p)].standby for p in four["a"].active)


def test_an_owner_that_must_give_a_partition_up_keeps_a_copy_of_it() -> None:
    one = share_out(fresh(1), 8, 1)

    two = share_out({**one, "b": NOTHING}, 8, 1)

    assert two["a"].standby == two["b"].active


def test_a_worker_that_comes_back_finds_the_others_where_they_were() -> None:
    three = share_out(fresh(3), 9, 1)
    two = share_out({member: three[member] for member in "ab"}, 9, 1)

    back = share_out({**two, "c": NOTHING}, 9, 1)

    assert moved(two, back) == 3
    assert back["a"].active <= two["a"].active


def test_without_members_nobody_gets_anything() -> None:
    assert share_out({}, 8, 1) == {}
