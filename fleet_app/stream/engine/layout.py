"""Where a task's records stand in Kafka, and which incarnation of each topic that is.

A topic that was deleted and made anew has the same name and other records: nothing made from the old one counts.
"""

from collections.abc import Mapping

import msgspec

from fleet_app.stream.engine.ports import Log


class Layout(msgspec.Struct, frozen=True):
    """The topics of an app.

    Attributes:
        changelogs: The changelog's topic of each table.
        changelog_origins: The incarnation of each table's changelog.
        source_origins: The incarnation of each source topic.
    """

    changelogs: Mapping[str, str]
    changelog_origins: Mapping[str, str]
    source_origins: Mapping[str, str]

    def logs(self, partition: int) -> dict[str, Log]:
        """Return the changelog of each table in a partition."""
        return {table: Log(topic, partition) for table, topic in self.changelogs.items()}
