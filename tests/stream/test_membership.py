"""The group, as Faust's assignor was told of it."""

from pathlib import Path
from typing import Any, cast

import pytest

from fleet_app.stream.faust_app import StreamApp
from fleet_app.stream.reads import Phase, Worker
from tests.stream.small_app import PARTITIONS, URL, assign, make_app

OTHER = "http://127.0.0.1:2"


@pytest.fixture
def app(tmp_path: Path) -> StreamApp:
    return make_app(tmp_path)


def recovered(app: StreamApp) -> None:
    cast(Any, app.tables).recovery.completed.set()


def test_before_the_first_assignment_nobody_is_known(app: StreamApp) -> None:
    members = app.membership

    assert (members.phase(), members.workers(), members.owned(), members.progress()) == (
        Phase.STARTING,
        (),
        frozenset(),
        [],
    )
    assert [members.owner(partition) for partition in range(PARTITIONS)] == [None] * PARTITIONS


def test_members_are_listed_by_url_with_what_they_own(app: StreamApp) -> None:
    assign(app, {OTHER: [3, 1], URL: [2, 0]}, standbys=[3, 1])

    assert app.membership.workers() == (
        Worker(url=URL, owns=(0, 2), standby_for=(1, 3)),
        Worker(url=OTHER, owns=(1, 3), standby_for=()),
    )


def test_each_partition_has_the_owner_that_the_leader_chose(app: StreamApp) -> None:
    assign(app, {OTHER: [1], URL: [0, 2]})

    assert [app.membership.owner(partition) for partition in range(PARTITIONS)] == [URL, OTHER, URL, None]


def test_partitions_of_other_topics_are_not_owned(app: StreamApp) -> None:
    assign(app, {OTHER: [1, 2, 3], URL: [0]})

    assert app.membership.owned() == {0}


def test_urls_are_compared_without_their_last_slash(app: StreamApp) -> None:
    assign(app, {f"{OTHER}/": [0], URL: [1]})

    assert app.membership.owner(0) == OTHER


def test_a_new_assignment_takes_the_place_of_the_old_one(app: StreamApp) -> None:
    assign(app, {URL: [0, 1, 2, 3]})
    assign(app, {OTHER: [0, 1], URL: [2, 3]})

    assert app.membership.owned() == {2, 3}
    assert app.membership.owner(0) == OTHER


def test_a_worker_restores_until_its_tables_are_whole(app: StreamApp) -> None:
    assign(app, {URL: [0]})
    before = app.membership.phase()
    recovered(app)

    assert (before, app.membership.phase()) == (Phase.RESTORING, Phase.RUNNING)


def test_a_worker_does_not_run_while_partitions_move(app: StreamApp) -> None:
    assign(app, {URL: [0]})
    recovered(app)
    app.rebalancing = True

    assert app.membership.phase() is Phase.RESTORING


def test_a_worker_that_restores_once_more_does_not_run(app: StreamApp) -> None:
    assign(app, {URL: [0]})
    recovered(app)
    cast(Any, app.tables).recovery.in_recovery = True

    assert app.membership.phase() is Phase.RESTORING


def test_a_worker_that_stops_says_so_whatever_else_happens(app: StreamApp) -> None:
    assign(app, {URL: [0]})
    recovered(app)
    app._stopped.set()

    assert app.membership.phase() is Phase.STOPPING
