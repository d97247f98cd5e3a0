"""A task sees one moment of the views until it takes a newer one."""

from fleet_app.stream.engine.task_views import TaskViews
from fleet_app.stream.engine.views import Snapshots

OLD = Snapshots({"names": {"a": "Ann"}, "others": {}}, {"names": [1], "others": [0]})
NEW = Snapshots({"names": {"a": "Amy"}, "others": {}}, {"names": [2], "others": [0]})


def test_what_a_task_sees_stays_until_it_takes_the_newest() -> None:
    newest = [OLD]
    views = TaskViews(lambda: newest[-1])
    seen = views.seen["names"]
    newest.append(NEW)
    before = (seen.now, views.positions)
    views.take_newest()

    assert before == ({"a": "Ann"}, OLD.positions)
    assert (seen.now, views.positions) == ({"a": "Amy"}, NEW.positions)
