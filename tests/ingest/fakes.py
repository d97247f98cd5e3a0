"""A Kafka that is a list."""

from collections.abc import Iterable
from typing import TypeVar

from fleet_app.domain.revisions import Standing
from fleet_app.errors import BrokerError
from fleet_app.http.problems import Code, unavailable
from fleet_app.ingest.producer import Outgoing, Placed
from fleet_app.stream.declarations import Topic

T = TypeVar("T")


class ListOfRecords:
    """Keeps what doors put in it; all of it stands in partition 0."""

    def __init__(self) -> None:
        self.records: list[Outgoing] = []

    async def send_all(self, records: Iterable[Outgoing]) -> list[Placed]:
        """Append the records."""
        start = len(self.records)
        self.records.extend(records)
        return [Placed(0, offset) for offset in range(start, len(self.records))]


class AbsentKafka:
    """Takes nothing."""

    async def send_all(self, records: Iterable[Outgoing]) -> list[Placed]:
        """Refuse the records."""
        raise BrokerError(f"Kafka is away, with {len(list(records))} records to send")


class FakeOutcomes:
    """What a worker learns of changes: the answers of one question after the other, the last one for ever.

    Attributes:
        standings: How the key stands where its changes are decided.
        shown: The revision that readers are shown.
        positions: The first record of the partition that is not handled yet.
        shown_tenants: Whose keys are, by what readers are shown.
        vehicle_tenants: Whose vehicles are, by their positions; of none, whoever owns them cannot be asked.
    """

    def __init__(
        self,
        standings: Iterable[Standing | None] = (None,),
        shown: Iterable[int | None] = (None,),
        positions: Iterable[int | None] = (None,),
    ) -> None:
        self.standings = list(standings)
        self.shown = list(shown)
        self.positions = list(positions)
        self.shown_tenants: dict[tuple[str, str], str] = {}
        self.vehicle_tenants: dict[str, str] | None = {}
        self.asked: list[tuple[str, str]] = []

    async def standing(self, topic: Topic, key: str) -> Standing | None:
        self.asked.append((topic.name, key))
        return _next(self.standings)

    async def position(self, topic: Topic, partition: int) -> int | None:
        assert (topic.name, partition) == ("fleet.positions", 0)
        return _next(self.positions)

    def shown_revision(self, topic: Topic, key: str) -> int | None:
        assert (topic.name, key) in self.asked
        return _next(self.shown)

    def shown_tenant(self, topic: Topic, key: str) -> str | None:
        return self.shown_tenants.get((topic.name, key))

    async def tenant_of(self, vehicle_id: str) -> str | None:
        if self.vehicle_tenants is None:
            raise unavailable(Code.OWNER_UNREACHABLE, "the owner is away")
        return self.vehicle_tenants.get(vehicle_id)


def _next(answers: list[T]) -> T:
    return answers.pop(0) if len(answers) > 1 else answers[0]
