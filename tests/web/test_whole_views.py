"""A view is shown once it is whole."""

import pytest

from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.global_views import GEOFENCES
from fleet_app.http.problems import ApiError
from fleet_app.web.whole_views import whole
from tests.web.fakes import FakeViews

DEPOT = Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.4, 100.0), revision=1)


def test_a_view_that_was_read_whole_once_is_shown() -> None:
    views = FakeViews()
    views.show(GEOFENCES, {"depot": DEPOT})

    assert whole(views, GEOFENCES).get("depot") == DEPOT


def test_before_that_the_answer_is_503_and_says_so() -> None:
    views = FakeViews()
    views.are_whole = False

    with pytest.raises(ApiError, match=r"has not read fleet\.geofences whole yet") as raised:
        whole(views, GEOFENCES)

    assert raised.value.problem.status == 503
