"""What Faust finds under `lane://` in a broker's address; named in pyproject's `faust.transports`."""

from typing import Any

from faust.topics import Topic
from faust.transport.drivers import aiokafka as driver
from faust.types import EventT, Message

from fleet_app.stream.lane.consumer import TaskConsumer

SCHEME = "lane"


class TaskTransport(driver.Transport):
    """Faust's own transport over aiokafka, with the consumer of the tasks."""

    Consumer = TaskConsumer


class BatchTopic(Topic):
    """A topic whose messages are batches: there is nothing to decode."""

    def _compile_decode(self) -> None:
        """Leave `decode` as it stands below, where Faust would compile one from a schema."""

    async def decode(self, message: Message, *, propagate: bool = False) -> EventT[Any]:  # noqa: ARG002 - Faust's signature
        """Return the event whose value is the batch."""
        return self._create_event(None, message.value, None, message=message)
