"""What every worker knows whole: read here, as soon as it is whole."""

from typing import Any

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from fleet_app.http.problems import Code, unavailable
from fleet_app.stream.declarations import GlobalView, S
from fleet_app.stream.reads import LocalViews

InjectedViews = NamedDependency[SkipValidation[LocalViews]]
"""A handler's `views` parameter."""


def whole(views: LocalViews, view: GlobalView[Any, S]) -> S:
    """Return the newest snapshot of a view.

    Raises:
        ApiError: 503, it is being read.
    """
    if not views.is_whole(view):
        raise unavailable(Code.NOT_RUNNING, f"this worker has not read {view.topic.name} whole yet")
    return views.now(view)
