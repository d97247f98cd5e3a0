"""Where a task's records stand."""

from fleet_app.stream.engine.layout import Layout
from fleet_app.stream.engine.ports import Log


def test_a_task_has_a_changelog_for_every_table() -> None:
    layout = Layout({"totals": "app-totals-changelog", "seen": "app-seen-changelog"}, {}, {})

    assert layout.logs(3) == {"totals": Log("app-totals-changelog", 3), "seen": Log("app-seen-changelog", 3)}
