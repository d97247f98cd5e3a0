"""The group's assignor: partition p of every topic of the app goes to one worker, and its copies to others."""

import logging
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata
from faust.types import AppT

from fleet_app.errors import TopicsError, WorkerError
from fleet_app.stream.lane.host import host_of
from fleet_app.stream.lane.sharing import NOTHING, Share, share_out
from fleet_app.stream.reads import Worker

logger = logging.getLogger(__name__)

_PROTOCOL_VERSION: Final = 0

Topics = frozenset[str]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What a member says when it joins: who it is, what it had, and which of its topics are changelogs.

    `round` numbers the assignment that gave it its partitions, 0 before the first.
    """

    url: str
    changelogs: frozenset[str]
    round: int
    active: frozenset[int]
    standby: frozenset[int]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the group's leader tells a member: its own share, and everybody's.

    `url` is the member it is meant for. The broker hands a static member's last answer to whoever joins under its
    instance id.
    """

    url: str
    round: int
    active: frozenset[int]
    standby: frozenset[int]
    workers: tuple[Worker, ...]
    partitions: int

    @property
    def unowned(self) -> frozenset[int]:
        """Partitions that nobody owns."""
        return frozenset(range(self.partitions)).difference(*(worker.owns for worker in self.workers))


_claims: Final = msgspec.json.Decoder(Claim)
_answers: Final = msgspec.json.Decoder(Answer)


def newest_topics(lists: Iterable[Topics]) -> Topics:
    """Return the newest of the members' lists of topics: the one that contains the others.

    A release that adds topics takes the partitions over as soon as its first worker joins; one that removes topics
    gets them when the last worker of the old release has left. If no list contains all others, the longest counts,
    of equally long ones the last in alphabetical order, so that every leader decides alike; go from one such
    release to another by stopping the old one first.
    """
    return max(lists, key=lambda topics: (len(topics), sorted(topics)))


class TaskAssignor(AbstractPartitionAssignor):  # type: ignore[misc]  # aiokafka has no types
    """Shares out partitions when this worker leads its group, and remembers what it was given.

    Members whose list of topics is not the newest get nothing and stay in the group: nobody runs an agent of the old
    release beside one of the new. All topics of the newest list are one: a topic that is missing, or has another
    number of partitions, ends the worker.
    """

    def __init__(self, app: AppT, replicas: int) -> None:
        self._host = host_of(app)
        self._url = str(app.conf.canonical_url).rstrip("/")
        self._partitions = int(app.conf.topic_partitions)
        self._standbys = replicas
        self._answer: Answer | None = None

    @property
    def name(self) -> str:
        """What members must agree on; a worker with another way to share out is refused by the broker."""
        return "tasks"

    @property
    def answer(self) -> Answer | None:
        """What the leader told last; None before the first time."""
        return self._answer

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """Return what this worker says when it joins."""
        answer = self._answer
        claim = Claim(
            url=self._url,
            changelogs=frozenset(self._host.changelog_topics),
            round=0 if answer is None else answer.round,
            active=frozenset() if answer is None else answer.active,
            standby=frozenset() if answer is None else answer.standby,
        )
        return ConsumerProtocolMemberMetadata(_PROTOCOL_VERSION, sorted(topics), msgspec.json.encode(claim))

    def assign(
        self, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Share out, as the leader.

        Raises:
            TopicsError: A topic is missing or has another number of partitions; the worker ends with it.
        """
        try:
            return self._assign(cluster, members)
        except Exception as error:
            # aiokafka would log it and stand still.
            self._host.fail(error)
            raise

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Take note of this worker's share.

        Raises:
            WorkerError: It was meant for a worker at another URL; the worker ends with it.
        """
        answer = _answers.decode(assignment.user_data)
        if answer.url != self._url:
            error = WorkerError(
                f"this worker's place in the group belongs to {answer.url}, and its own URL is {self._url}; give each "
                "worker a state directory and a FLEET_ADVERTISED_URL of its own"
            )
            # As in `assign`.
            self._host.fail(error)
            raise error
        self._answer = answer

    def _assign(
        self, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        claims = {member: _claims.decode(metadata.user_data) for member, metadata in members.items()}
        topics = {member: frozenset(metadata.subscription) for member, metadata in members.items()}
        newest = newest_topics(topics.values())
        self._check_partitions(cluster, newest)
        eligible = {member: claim for member, claim in claims.items() if topics[member] == newest}
        shares = share_out(_held(eligible), self._partitions, self._standbys)
        round_ = 1 + max(claim.round for claim in claims.values())
        workers = tuple(
            sorted(
                (_worker(claim.url, shares.get(member, NOTHING)) for member, claim in claims.items()),
                key=lambda worker: worker.url,
            )
        )
        answers = {
            member: Answer(
                url=claim.url,
                round=round_,
                active=shares.get(member, NOTHING).active,
                standby=shares.get(member, NOTHING).standby,
                workers=workers,
                partitions=self._partitions,
            )
            for member, claim in claims.items()
        }
        return {member: _assignment(answer, newest, claims[member].changelogs) for member, answer in answers.items()}

    def _check_partitions(self, cluster: ClusterMetadata, topics: Topics) -> None:
        found = {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in sorted(topics)}
        problems = [
            f"{topic}: " + ("missing" if not count else f"has {count} partitions, the app is set to {self._partitions}")
            for topic, count in found.items()
            if count != self._partitions
        ]
        if problems:
            raise TopicsError("partitions cannot be shared out:\n" + "\n".join(f"  {problem}" for problem in problems))


def _held(claims: Mapping[str, Claim]) -> dict[str, Share]:
    """Return what each member has had; of two that claim a partition, the newer claim counts, the other has a copy."""
    newest: dict[int, tuple[int, str]] = {}
    for member, claim in claims.items():
        for partition in claim.active:
            newest[partition] = max(newest.get(partition, (0, "")), (claim.round, member))
    held = {}
    for member, claim in claims.items():
        active = frozenset(partition for partition in claim.active if newest[partition][1] == member)
        held[member] = Share(active, claim.standby | (claim.active - active))
    return held


def _worker(url: str, share: Share) -> Worker:
    return Worker(url=url, owns=tuple(sorted(share.active)), standby_for=tuple(sorted(share.standby)))


def _assignment(answer: Answer, topics: Topics, changelogs: Topics) -> ConsumerProtocolMemberAssignment:
    """Return an answer as Kafka carries it: copies are partitions of changelogs only."""
    held = answer.active | answer.standby
    partitions = {topic: sorted(held if topic in changelogs else answer.active) for topic in topics}
    given = sorted((topic, numbers) for topic, numbers in partitions.items() if numbers)
    return ConsumerProtocolMemberAssignment(_PROTOCOL_VERSION, given, msgspec.json.encode(answer))
