"""The app is what the lane's parts expect to find."""

from pathlib import Path

from fleet_app.stream.lane.host import host_of
from tests.stream.small_app import CHANGELOG, LINES, make_app


def test_the_app_names_its_sources_and_changelogs_to_the_lane(tmp_path: Path) -> None:
    host = host_of(make_app(tmp_path))

    assert (host.source_topics, host.changelog_topics) == ((LINES.name,), (CHANGELOG,))
