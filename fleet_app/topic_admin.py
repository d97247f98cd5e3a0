"""The app's topics, created and checked without running a worker."""

from fleet_app.app import create_app
from fleet_app.kafka_connection import client_options
from fleet_app.settings import Settings
from fleet_app.stream import topic_plans
from fleet_app.stream.topic_plans import connected, ensure_topics


async def create_topics(settings: Settings) -> list[str]:
    """Create what is missing and return its names.

    Raises:
        BrokerError: Kafka does not answer.
        TopicsError: A topic exists and does not fit.
    """
    async with connected(client_options(settings), wait_s=settings.broker_wait_s) as client:
        return await ensure_topics(client, create_app(settings).topic_plans())


async def check_topics(settings: Settings) -> None:
    """Return if every topic exists and fits.

    Raises:
        BrokerError: Kafka does not answer.
        TopicsError: A topic is missing or does not fit; all of them are named.
    """
    async with connected(client_options(settings), wait_s=settings.broker_wait_s) as client:
        await topic_plans.check_topics(client, create_app(settings).topic_plans())
