"""The app's topics, created and checked without running a worker."""

from fleet_app.app import create_app
from fleet_app.errors import TopicsError
from fleet_app.kafka_connection import client_options
from fleet_app.settings import Settings
from fleet_app.stream.topic_plans import connect, ensure_topics, find_problems


async def create_topics(settings: Settings) -> list[str]:
    """Create what is missing and return its names.

    Raises:
        BrokerError: Kafka does not answer.
        TopicsError: A topic exists and does not fit.
    """
    client = await connect(client_options(settings), wait_s=settings.broker_wait_s)
    try:
        return await ensure_topics(client, create_app(settings).topic_plans())
    finally:
        await client.close()


async def check_topics(settings: Settings) -> None:
    """Return if every topic exists and fits.

    Raises:
        BrokerError: Kafka does not answer.
        TopicsError: A topic is missing or does not fit; all of them are named.
    """
    client = await connect(client_options(settings), wait_s=settings.broker_wait_s)
    try:
        problems = await find_problems(client, create_app(settings).topic_plans())
    finally:
        await client.close()
    if problems:
        raise TopicsError("topics do not fit:\n" + "\n".join(f"  {problem}" for problem in problems))
