"""What is in Kafka once the application has been set up, from its two registries."""

import pkgutil
from importlib import import_module

import tables
from fleet_app.stream.declarations import Table
from fleet_app.topics import TOPICS


def tables_there_are() -> set[str]:
    """Return the names of the tables that the folder `tables` declares."""
    modules = (import_module(f"tables.{found.name}") for found in pkgutil.iter_modules(tables.__path__))
    return {value.name for module in modules for value in vars(module).values() if isinstance(value, Table)}


def changelogs_of(app_id: str) -> set[str]:
    """Return the topics that are an application's own."""
    return {f"{app_id}-{table}-changelog" for table in tables_there_are()}


def topics_of(app_id: str) -> set[str]:
    """Return every topic that an application needs."""
    return {topic.name for topic in TOPICS} | changelogs_of(app_id)
