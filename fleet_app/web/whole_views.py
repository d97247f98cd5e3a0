"""What every worker knows whole: read here, as soon as it is whole."""

from typing import Any

from fleet_app.stream.declarations import GlobalView, S
from fleet_app.stream.reads import LocalViews, Phase
from fleet_app.web.problems import Code, unavailable
from fleet_app.web.reader import Reader


def is_whole(reader: Reader, views: LocalViews, view: GlobalView[Any, Any]) -> bool:
    """Return whether this worker has read a view up to where its topic ended: before that no task of it runs."""
    if reader.membership.phase() in (Phase.RUNNING, Phase.STOPPING):
        return True
    return any(report.topic == view.topic.name and report.lag == 0 for report in views.reports())


def whole(reader: Reader, views: LocalViews, view: GlobalView[Any, S]) -> S:
    """Return the newest snapshot of a view.

    Raises:
        ApiError: 503, it is being read.
    """
    if not is_whole(reader, views, view):
        raise unavailable(
            Code.NOT_RUNNING,
            f"{reader.membership.url} is {reader.membership.phase()} and has not read {view.topic.name} whole yet",
        )
    return views.now(view)
