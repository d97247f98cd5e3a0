"""A view is shown once it is whole, and from then on."""

import pytest

from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.global_views import GEOFENCES
from fleet_app.stream.reads import Phase, ViewReport
from fleet_app.web.problems import ApiError
from fleet_app.web.reader import Reader
from fleet_app.web.whole_views import is_whole, whole
from tests.web.fakes import FakeMembership, FakeViews, reader_of

DEPOT = Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.4, 100.0), revision=1)


def reader_in(phase: Phase) -> Reader:
    reader = reader_of({})
    assert isinstance(reader.membership, FakeMembership)
    reader.membership.phase_now = phase
    return reader


def views_behind(lag: int | None) -> FakeViews:
    """Return views of which the one of geofences is so many records behind, or not begun."""
    views = FakeViews()
    views.show(GEOFENCES, {"depot": DEPOT})
    if lag is not None:
        views.reports_now = [
            ViewReport(topic="fleet.vehicle-profiles", keys=0, lag=0, told_age_s=0.1, refused=0),
            ViewReport(topic="fleet.geofences", keys=1, lag=lag, told_age_s=0.1, refused=0),
        ]
    return views


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.STOPPING])
def test_once_tasks_have_run_a_view_is_shown_even_while_it_is_behind(phase: Phase) -> None:
    shown = whole(reader_in(phase), views_behind(5), GEOFENCES)

    assert shown.get("depot") == DEPOT


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.RESTORING])
def test_a_view_that_has_caught_up_is_shown_while_the_worker_still_waits_for_partitions(phase: Phase) -> None:
    assert is_whole(reader_in(phase), views_behind(0), GEOFENCES)


@pytest.mark.parametrize("lag", [None, 5])
@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.RESTORING])
def test_before_that_the_answer_is_503_and_says_so(phase: Phase, lag: int | None) -> None:
    with pytest.raises(ApiError, match=rf"is {phase} and has not read fleet\.geofences whole yet") as raised:
        whole(reader_in(phase), views_behind(lag), GEOFENCES)

    assert raised.value.problem.status == 503
