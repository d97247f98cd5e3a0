"""`/api/cluster` and the probes: how the workers are."""

import pytest

from fleet_app.metrics import HTTP_REQUESTS, METRICS
from fleet_app.stream.reads import Duty, Phase, RestoreProgress, SourceProgress, TaskState, ViewReport
from tests.web.fakes import NOW_MS, Group, Pair, free_port, task, two_workers, worker

pytestmark = pytest.mark.anyio


async def test_the_cluster_is_all_workers_whoever_is_asked(pair: Pair) -> None:
    answers = [(await client.get("/api/cluster")).json() for client in (pair.even.client, pair.odd.client)]

    assert answers[0]["workers"] == answers[1]["workers"]
    assert {worker["url"]: worker["owns"] for worker in answers[0]["workers"]} == {
        pair.even.url: [0, 2, 4, 6],
        pair.odd.url: [1, 3, 5, 7],
    }


async def test_a_worker_tells_how_far_each_of_its_tasks_has_read() -> None:
    async with two_workers({}) as pair:
        pair.odd.membership.tasks_now = [
            task(3, SourceProgress(topic="t", position=None, end=10)),
            task(1, SourceProgress(topic="t", position=7, end=10), SourceProgress(topic="u", position=4, end=4)),
        ]
        workers = (await pair.even.client.get("/api/cluster")).json()["workers"]

    told = next(worker for worker in workers if worker["url"] == pair.odd.url)
    assert [(each["partition"], each["lag"]) for each in told["tasks"]] == [(1, 3), (3, None)]
    assert told["tasks"][0]["sources"] == [
        {"topic": "t", "position": 7, "end": 10, "lag": 3},
        {"topic": "u", "position": 4, "end": 4, "lag": 0},
    ]
    assert told["lag"] is None


async def test_the_lag_of_a_worker_is_what_waits_in_all_that_it_owns() -> None:
    group = Group()
    async with worker(group, [0, 1], {}) as alone:
        alone.membership.tasks_now = [
            task(0, SourceProgress(topic="t", position=7, end=10)),
            task(1, SourceProgress(topic="t", position=5, end=10)),
            task(2, duty=Duty.STANDBY),
        ]
        whole = (await alone.client.get("/api/cluster")).json()["workers"][0]
        del alone.membership.tasks_now[1]
        part = (await alone.client.get("/api/cluster")).json()["workers"][0]

    assert (whole["lag"], part["lag"]) == (8, None)


async def test_a_task_tells_its_duty_its_commit_its_time_and_its_restore() -> None:
    async with two_workers({}) as pair:
        pair.odd.membership.tasks_now = [
            task(1, committed_ms=NOW_MS - 1_500, time_ms=NOW_MS - 20),
            task(
                2,
                duty=Duty.STANDBY,
                state=TaskState.RESTORING,
                restore=RestoreProgress(done=40, total=100),
            ),
        ]
        workers = (await pair.even.client.get("/api/cluster")).json()["workers"]

    told = next(worker for worker in workers if worker["url"] == pair.odd.url)
    assert told["tasks"] == [
        {
            "partition": 1,
            "duty": "owner",
            "state": "running",
            "lag": 0,
            "sources": [],
            "committed_ms": NOW_MS - 1_500,
            "committed_age_s": 1.5,
            "time_ms": NOW_MS - 20,
            "restore": {"done": 0, "total": 0},
        },
        {
            "partition": 2,
            "duty": "standby",
            "state": "restoring",
            "lag": None,
            "sources": [],
            "committed_ms": None,
            "committed_age_s": None,
            "time_ms": None,
            "restore": {"done": 40, "total": 100},
        },
    ]


async def test_a_worker_tells_how_fresh_its_global_views_are() -> None:
    async with two_workers({}) as pair:
        pair.odd.views.reports_now = [ViewReport(topic="places", keys=7, lag=2, told_age_s=0.5, refused=1)]
        workers = (await pair.even.client.get("/api/cluster")).json()["workers"]

    assert {worker["url"]: worker["views"] for worker in workers} == {
        pair.even.url: [],
        pair.odd.url: [{"topic": "places", "keys": 7, "lag": 2, "told_age_s": 0.5, "refused": 1}],
    }


async def test_a_worker_that_does_not_answer_is_listed_with_the_reason() -> None:
    async with two_workers({}) as pair:
        gone = f"http://127.0.0.1:{free_port()}"
        pair.group.give(gone, [3])
        del pair.group.owners[5]
        answer = (await pair.even.client.get("/api/cluster")).json()

    silent = next(worker for worker in answer["workers"] if worker["url"] == gone)
    assert (silent["phase"], silent["owns"], silent["lag"], silent["views"]) == (None, [3], None, [])
    assert silent["problem"].startswith(gone)
    assert answer["unowned"] == [5]


async def test_a_worker_that_has_not_joined_yet_lists_itself() -> None:
    async with worker(Group(), [], {}, phase=Phase.STARTING) as alone:
        workers = (await alone.client.get("/api/cluster")).json()["workers"]

    assert [(each["url"], each["phase"]) for each in workers] == [(alone.url, "starting")]


@pytest.mark.parametrize("phase", Phase)
async def test_a_worker_is_healthy_in_every_phase(phase: Phase) -> None:
    async with worker(Group(), [], {}, phase=phase) as alone:
        answer = await alone.client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"phase": phase})


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.RESTORING, Phase.STOPPING])
async def test_a_worker_that_is_not_running_is_not_ready_and_says_why(phase: Phase) -> None:
    async with worker(Group(), [], {}, phase=phase) as alone:
        answer = await alone.client.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"phase": phase})
    assert answer.headers["retry-after"] == "1"


async def test_a_running_worker_is_ready(pair: Pair) -> None:
    assert (await pair.even.client.get("/readyz")).status_code == 200


def test_no_label_can_tell_one_tenant_of_anothers_vehicles() -> None:
    labels = {label for metric in METRICS for label in metric.labels}

    assert labels.isdisjoint({"tenant", "vehicle", "vehicle_id", "device", "device_id", "caller", "key"})


async def test_requests_are_counted_by_route_and_never_by_what_a_stranger_sent(pair: Pair) -> None:
    for path in ("/api/vehicles/one", "/api/vehicles/two", "/nothing/here"):
        await pair.even.client.get(path)
    await pair.even.client.request("PROPFIND", "/healthz")
    text = (await pair.even.client.get("/metrics")).text

    assert 'fleet_http_requests_total{method="GET",route="/api/vehicles/{vehicle_id}",status="404"}' in text
    assert 'fleet_http_requests_total{method="GET",route="(none)",status="404"}' in text
    assert 'method="other"' in text
    assert [word for word in ("two", "nothing", "PROPFIND") if word in text] == []
    assert HTTP_REQUESTS.labels("GET", "/metrics", "200")._value.get() >= 1
