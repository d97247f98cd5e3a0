"""How the things are called in Kafka that belong to an app's tables and tasks."""


def changelog_name(app_id: str, table: str) -> str:
    """Return the topic that holds every change of a table."""
    return f"{app_id}-{table}-changelog"


def transactional_id(app_id: str, partition: int) -> str:
    """Return the id that the producer of a partition's task writes under, whichever worker runs it, for life."""
    return f"{app_id}-{partition}"
