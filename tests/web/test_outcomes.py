"""Any worker finds out what became of a change, wherever it is decided."""

from collections.abc import AsyncIterator, Iterable
from typing import Annotated

import pytest
from litestar import Router, get
from litestar.params import QueryParameter

from fleet_app.domain.access.rights import Right
from fleet_app.domain.geofences.geofence import Circle, Geofence
from fleet_app.domain.revisions import Kept, Outcome, Standing, Verdict
from fleet_app.domain.vehicle import Vehicle
from fleet_app.global_views import GEOFENCES
from fleet_app.http.access import needs
from fleet_app.ingest.changes import InjectedOutcomes
from fleet_app.ingest.vehicles import InjectedProgress
from fleet_app.stream.reads import Phase, SourceProgress
from fleet_app.topics import GEOFENCE_CHANGES
from tests.web.fakes import PARTITIONS, Contents, Group, Pair, WorkerParts, task, two_workers, worker

pytestmark = pytest.mark.anyio
DEPOT = Geofence(geofence_id="depot", name="Depot", shape=Circle(52.5, 13.4, 100.0), revision=2)
OUTCOMES = (Outcome("a", Verdict.ACCEPTED, 2), Outcome("b", Verdict.STALE, 2))
Key = Annotated[str, QueryParameter()]
NORTHS = Vehicle(vehicle_id="van-7", tenant="north")
CONTENTS: Contents = {"geofences": {"depot": Kept(DEPOT, OUTCOMES)}, "vehicles": {"van-7": NORTHS}}


@get("/standing", opt=needs(Right.SEE))
async def ask_standing(outcomes: InjectedOutcomes, key: Key) -> list[Standing | None]:
    return [await outcomes.standing(GEOFENCE_CHANGES, key)]


@get("/shown", opt=needs(Right.SEE))
async def ask_shown(outcomes: InjectedOutcomes, key: Key) -> list[int | None]:
    return [outcomes.shown_revision(GEOFENCE_CHANGES, key)]


@get("/position", opt=needs(Right.SEE))
async def ask_position(outcomes: InjectedProgress, partition: Annotated[int, QueryParameter()]) -> list[int | None]:
    return [await outcomes.position(GEOFENCE_CHANGES, partition)]


@get("/tenant", opt=needs(Right.SEE))
async def ask_tenant(outcomes: InjectedOutcomes, vehicle: Key) -> list[str | None]:
    return [await outcomes.tenant_of(vehicle)]


@get("/shown-tenant", opt=needs(Right.SEE))
async def ask_shown_tenant(outcomes: InjectedOutcomes, key: Key) -> list[str | None]:
    return [outcomes.shown_tenant(GEOFENCE_CHANGES, key)]


ROUTES = (Router("/", route_handlers=[ask_standing, ask_shown, ask_position, ask_tenant, ask_shown_tenant]),)


def process(workers: Iterable[WorkerParts], position: int | None) -> None:
    """Let each worker's tasks stand at a position of the topic of changes."""
    source = SourceProgress(topic="fleet.geofence-changes", position=position, end=position)
    for each in workers:
        each.membership.tasks_now = [task(partition, source) for partition in range(PARTITIONS)]


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with two_workers(CONTENTS, routers=ROUTES) as workers:
        process((workers.even, workers.odd), 7)
        yield workers


async def standing(asked: WorkerParts, key: str = "depot") -> object:
    return (await asked.client.get("/standing", params={"key": key})).json()


KNOWN = [{"position": 7, "revision": 2, "outcomes": [["a", "accepted", 2], ["b", "stale", 2]]}]


async def test_the_owner_knows_how_a_key_stands(pair: Pair) -> None:
    assert await standing(pair.owner_of("depot")) == KNOWN


async def test_another_worker_asks_the_owner(pair: Pair) -> None:
    assert await standing(pair.other_than(pair.owner_of("depot"))) == KNOWN


@pytest.mark.parametrize("key", ["süd/west", "..", "a b?c=d", "\0"])
async def test_of_a_key_without_a_row_the_position_is_known(pair: Pair, key: str) -> None:
    nothing = [{"position": 7, "revision": 0, "outcomes": []}]

    assert [await standing(pair.even, key), await standing(pair.odd, key)] == [nothing, nothing]


async def test_a_task_that_does_not_stand_anywhere_knows_nothing(pair: Pair) -> None:
    process((pair.even, pair.odd), None)

    assert [await standing(pair.even), await standing(pair.odd)] == [[None], [None]]


async def test_an_owner_that_restores_knows_nothing(pair: Pair) -> None:
    pair.owner_of("depot").membership.phase_now = Phase.RESTORING

    assert [await standing(pair.even), await standing(pair.odd)] == [[None], [None]]


async def test_without_an_owner_nothing_is_known() -> None:
    async with worker(Group(), [], CONTENTS, routers=ROUTES) as alone:
        assert await standing(alone) == [None]


async def test_between_workers_an_unknown_topic_and_a_foreign_key_are_told(pair: Pair) -> None:
    foreign = pair.other_than(pair.owner_of("depot"))
    unknown = await foreign.client.get("/internal/changes/fleet.positions/depot")
    foreign.membership.tasks_now = []
    elsewhere = await foreign.client.get("/internal/changes/fleet.geofence-changes/depot")

    assert (unknown.status_code, elsewhere.status_code) == (404, 503)
    assert "there are: fleet.geofence-changes" in unknown.json()["detail"]
    assert elsewhere.json()["code"] == "not_running"


async def test_the_shown_revision_is_that_of_this_workers_view(pair: Pair) -> None:
    pair.even.views.show(GEOFENCES, {"depot": DEPOT})

    shown = [(await each.client.get("/shown?key=depot")).json() for each in (pair.even, pair.odd)]
    assert shown == [[2], [0]]


async def test_before_the_view_is_whole_no_revision_is_shown(pair: Pair) -> None:
    pair.even.views.are_whole = False

    assert (await pair.even.client.get("/shown?key=depot")).json() == [None]


async def positions(pair: Pair, partition: int = 0) -> list[object]:
    """Return where a partition stands by each worker."""
    asked = [await each.client.get("/position", params={"partition": partition}) for each in (pair.even, pair.odd)]
    return [answer.json() for answer in asked]


async def test_either_worker_knows_how_far_a_partition_is(pair: Pair) -> None:
    assert await positions(pair) == [[7], [7]]


async def test_of_a_partition_whose_owner_cannot_be_asked_nothing_is_known(pair: Pair) -> None:
    pair.group.give("http://127.0.0.1:1", [0])
    away = await positions(pair)
    del pair.group.owners[0]

    assert (away, await positions(pair)) == ([[None], [None]], [[None], [None]])


async def test_whose_a_key_is_is_told_by_this_workers_view(pair: Pair) -> None:
    pair.even.views.show(GEOFENCES, {"depot": DEPOT})

    told = [(await each.client.get("/shown-tenant?key=depot")).json() for each in (pair.even, pair.odd)]
    assert told == [["default"], [None]]


async def test_before_the_view_is_whole_nobody_can_say_whose_a_key_is(pair: Pair) -> None:
    pair.even.views.are_whole = False

    assert (await pair.even.client.get("/shown-tenant?key=depot")).json()["code"] == "not_running"


@pytest.mark.parametrize(("vehicle", "tenant"), [("van-7", "north"), ("süd/west", None)])
async def test_either_worker_finds_out_whose_a_vehicle_is(pair: Pair, vehicle: str, tenant: str | None) -> None:
    asked = [await each.client.get("/tenant", params={"vehicle": vehicle}) for each in (pair.even, pair.odd)]

    assert [answer.json() for answer in asked] == [[tenant], [tenant]]


async def test_whose_a_vehicle_is_cannot_be_told_while_its_owner_restores(pair: Pair) -> None:
    owner = pair.owner_of("van-7")
    owner.membership.phase_now = Phase.RESTORING
    asked = [await each.client.get("/tenant?vehicle=van-7") for each in (owner, pair.other_than(owner))]

    assert [(answer.status_code, answer.json()["code"]) for answer in asked] == [
        (503, "not_running"),
        (503, "owner_unreachable"),
    ]


async def test_whose_a_vehicle_is_cannot_be_told_without_an_owner() -> None:
    async with worker(Group(), [], CONTENTS, routers=ROUTES) as alone:
        answer = await alone.client.get("/tenant?vehicle=van-7")

    assert (answer.status_code, answer.json()["code"]) == (503, "no_owner")
