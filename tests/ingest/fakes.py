"""A Kafka that is a list."""

from collections.abc import Iterable

from fleet_app.errors import BrokerError
from fleet_app.ingest.producer import Outgoing, Placed


class ListOfPositions:
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
