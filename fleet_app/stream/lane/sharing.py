"""Which member of the group gets which partition: balanced, and moving as little as can be."""

from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple


class Share(NamedTuple):
    """What a member processes and what it keeps a copy of."""

    active: frozenset[int]
    standby: frozenset[int]


NOTHING = Share(frozenset(), frozenset())


def share_out(held: Mapping[str, Share], partitions: int, standbys: int) -> dict[str, Share]:
    """Return who gets what of `partitions` partitions, each with `standbys` copies as far as there are members.

    Numbers of partitions, of copies, and of both together each differ by at most one between members. A partition
    stays with its owner if the balance allows it; else it goes to a member with a copy if one has room. A copy stays
    where it is, or goes to a former owner, if the balance allows it; others spread, so that when an owner dies its
    partitions find room where their copies are. An owner never holds its own copy. The result depends on the arguments
    only.

    Args:
        held: Every member, with what it has had so far; of two that had the same partition, the first in the order of
            names counts as its owner.
        partitions: How many there are, numbered from 0.
        standbys: How many copies of each are wanted.
    """
    if not held:
        return {}
    active = _active(held, partitions)
    copies = _copies(held, active, partitions, min(standbys, len(held) - 1))
    return {member: Share(frozenset(active[member]), frozenset(copies[member])) for member in held}


def _active(held: Mapping[str, Share], partitions: int) -> dict[str, set[int]]:
    orphans = set(range(partitions)).difference(*(had.active for had in held.values()))

    def by_claims(member: str) -> tuple[int, int, str]:
        return -len(held[member].active), -len(held[member].standby & orphans), member

    seats = _Seats(_quotas(partitions, sorted(held, key=by_claims)), copies=1, reluctance=lambda _partition, _member: 0)
    seats.keep({member: had.active for member, had in held.items()}, range(partitions))
    fewest_copies_first = sorted(range(partitions), key=lambda p: (sum(p in had.standby for had in held.values()), p))
    seats.keep({member: had.standby for member, had in held.items()}, fewest_copies_first)
    seats.fill(range(partitions))
    return seats.taken


def _copies(
    held: Mapping[str, Share], active: Mapping[str, AbstractSet[int]], partitions: int, copies: int
) -> dict[str, set[int]]:
    owner = {partition: member for member, owned in active.items() for partition in owned}

    def by_room(member: str) -> tuple[int, int, str]:
        return len(active[member]), -len(held[member].standby), member

    def copies_of_the_same_owner(partition: int, member: str) -> int | None:
        return None if member == owner[partition] else len(seats.taken[member] & active[owner[partition]])

    seats = _Seats(
        _quotas(partitions * copies, sorted(held, key=by_room)), copies=copies, reluctance=copies_of_the_same_owner
    )
    seats.keep({member: had.standby for member, had in held.items()}, range(partitions))
    seats.keep({member: had.active for member, had in held.items()}, range(partitions))
    seats.fill(range(partitions))
    return seats.taken


def _quotas(seats: int, members: Collection[str]) -> dict[str, int]:
    """Split `seats` evenly; the first members get what does not divide."""
    each, left = divmod(seats, len(members))
    return {member: each + (number < left) for number, member in enumerate(members)}


class _Seats:
    """Who has taken which partition, never more than the quotas, never one member the same partition twice.

    `reluctance` says how little a partition suits a member at present; None bars it.
    """

    def __init__(self, quotas: Mapping[str, int], copies: int, reluctance: Callable[[int, str], int | None]) -> None:
        self._quotas = quotas
        self._copies = copies
        self._reluctance = reluctance
        self._members = sorted(quotas)
        self.taken: dict[str, set[int]] = {member: set() for member in self._members}

    def keep(self, wishes: Mapping[str, Collection[int]], order: Iterable[int]) -> None:
        """Give each partition, in this order, to the members that wish for it, as far as there is room."""
        for partition in order:
            for member in self._members:
                if self._lacks(partition) and partition in wishes[member] and self._may_take(partition, member):
                    self.taken[member].add(partition)

    def fill(self, order: Iterable[int]) -> None:
        """Give away what is left; a member that is full passes another partition on if it must."""
        for partition in order:
            while self._lacks(partition) and self._place(partition, set()):
                pass

    def _lacks(self, partition: int) -> bool:
        return sum(partition in taken for taken in self.taken.values()) < self._copies

    def _may_take(self, partition: int, member: str) -> bool:
        return self._allowed(partition, member) and len(self.taken[member]) < self._quotas[member]

    def _allowed(self, partition: int, member: str) -> bool:
        return partition not in self.taken[member] and self._reluctance(partition, member) is not None

    def _place(self, partition: int, asked: set[str]) -> bool:
        """Find a member for a partition, along an augmenting path; `asked` are those that cannot help."""
        candidates = sorted(
            (member for member in self._members if member not in asked and self._allowed(partition, member)),
            key=lambda member: (self._reluctance(partition, member), member),
        )
        for member in candidates:
            if len(self.taken[member]) < self._quotas[member]:
                self.taken[member].add(partition)
                return True
        for member in candidates:
            if member not in asked and self._pass_on(member, asked):
                self.taken[member].add(partition)
                return True
        return False

    def _pass_on(self, member: str, asked: set[str]) -> bool:
        asked.add(member)
        for partition in sorted(self.taken[member]):
            if self._place(partition, asked):
                self.taken[member].discard(partition)
                return True
        return False
