"""By key: the owner answers, asked once; whoever cannot answer says when to ask again."""

import asyncio

import httpx
import pytest
from litestar import get
from litestar.response import Response
from litestar.testing import RequestFactory

from fleet_app.domain.access.caller import Caller
from fleet_app.http.problems import ApiError
from fleet_app.http.workers import read_on_behalf_of
from fleet_app.stream.partitioning import partition_of
from fleet_app.stream.reads import Duty, Phase, RestoreProgress, TaskState
from fleet_app.web.peers import FORWARDED_BY, ON_BEHALF_OF
from fleet_app.web.reader import HttpRequest
from tests.web.fakes import (
    CLUSTER_SECRET,
    KEY,
    VEHICLES,
    FakeMembership,
    Group,
    Pair,
    bare_server,
    deaf_listener,
    free_port,
    reader_of,
    task,
    two_workers,
    worker,
)

pytestmark = pytest.mark.anyio
CONTENTS = {"vehicles": VEHICLES}


def assert_ask_again(answer: httpx.Response, code: str) -> None:
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code


async def test_a_key_without_an_owner_can_be_asked_for_later() -> None:
    async with worker(Group(), [], CONTENTS) as alone:
        assert_ask_again(await alone.client.get("/api/vehicles/van-1"), "no_owner")


async def test_an_owner_that_is_gone_can_be_asked_for_later() -> None:
    group = Group()
    async with worker(group, [], CONTENTS) as alone:
        group.give(f"http://127.0.0.1:{free_port()}", range(group.partitions))

        assert_ask_again(await alone.client.get("/api/vehicles/van-1"), "owner_unreachable")
        assert_ask_again(await alone.client.get("/api/vehicles"), "partitions_missing")


async def test_an_owner_that_does_not_answer_is_not_waited_for() -> None:
    group = Group()
    async with worker(group, [], CONTENTS, peer_timeout_s=0.1) as alone, deaf_listener() as deaf:
        group.give(deaf, range(group.partitions))
        answer = await alone.client.get("/api/vehicles/van-1")

    assert_ask_again(answer, "owner_unreachable")
    assert answer.json()["detail"] == f"{deaf} did not answer within 0.1 s"


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.RESTORING, Phase.STOPPING])
async def test_the_status_and_body_of_an_owner_that_is_not_running_are_kept(phase: Phase) -> None:
    async with two_workers(CONTENTS) as pair:
        owner = pair.owner_of("van-1")
        owner.membership.phase_now = phase
        own = await owner.client.get("/api/vehicles/van-1")
        forwarded = await pair.other_than(owner).client.get("/api/vehicles/van-1")

    assert_ask_again(own, "not_running")
    assert_ask_again(forwarded, "not_running")
    assert forwarded.content == own.content


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (TaskState.RESTORING, "it is being restored, 40 of 100 offsets so far"),
        (TaskState.STOPPED, "it is being handed over"),
    ],
)
async def test_an_owner_whose_task_does_not_run_says_why(state: TaskState, told: str) -> None:
    group = Group()
    async with worker(group, range(group.partitions), CONTENTS) as alone:
        partition = partition_of(b"van-1", group.partitions)
        alone.membership.not_running = frozenset({partition})
        alone.membership.tasks_now = [
            task(partition, duty=Duty.STANDBY),
            task(partition, state=state, restore=RestoreProgress(done=40, total=100)),
        ]
        answer = await alone.client.get("/api/vehicles/van-1")

    assert_ask_again(answer, "not_running")
    assert answer.json()["detail"] == (
        f"{alone.url} owns partition {partition}, where 'van-1' belongs, and cannot be read yet: {told}"
    )


async def test_the_tasks_that_run_answer_while_others_are_restored() -> None:
    group = Group()
    async with worker(group, range(group.partitions), CONTENTS) as alone:
        alone.membership.not_running = frozenset({partition_of(b"van-1", group.partitions)})
        answers = {key: (await alone.client.get(f"/api/vehicles/{key}")).status_code for key in VEHICLES}
        listed = await alone.client.get("/api/vehicles")

    here = {key for key in VEHICLES if partition_of(key.encode(), group.partitions) not in alone.membership.not_running}
    assert {key for key, status in answers.items() if status == 200} == here
    assert_ask_again(listed, "partitions_missing")


async def test_a_forwarded_request_is_not_forwarded_again() -> None:
    async with two_workers(CONTENTS) as pair:
        owner = pair.owner_of("van-1")
        other = pair.other_than(owner)
        behind = type(pair.group)()
        behind.owners = dict.fromkeys(range(pair.group.partitions), other.url)
        owner.membership.group = behind
        answer = await other.client.get("/api/vehicles/van-1")

    assert_ask_again(answer, "no_owner")
    assert answer.json()["detail"].startswith(f"{owner.url} was asked as the owner")


async def test_the_owner_answers_a_request_that_is_marked_as_forwarded(pair: Pair) -> None:
    owner = pair.owner_of("van-1")

    answer = await owner.client.get("/api/vehicles/van-1", headers={FORWARDED_BY: "http://elsewhere"})

    assert answer.status_code == 200


async def test_the_owner_gets_the_workers_own_credentials_and_nothing_of_the_client() -> None:
    group = Group()
    received: list[dict[str, str]] = []

    @get("/api/vehicles/{vehicle_id:str}")
    async def answer(request: HttpRequest) -> Response[bytes]:
        received.append(dict(request.headers))
        return Response(b"teapot", status_code=418, media_type="text/plain", headers={"Set-Cookie": "a=b"})

    async with worker(group, [], CONTENTS, api_key=KEY) as alone, bare_server(answer) as url:
        group.give(url, range(group.partitions))
        given = {"Cookie": "session=1", "X-Forwarded-For": "10.0.0.1", "User-Agent": "van"}
        reply = await alone.client.get("/api/vehicles/van-1", headers=given)

    assert (reply.status_code, reply.text) == (418, "teapot")
    assert "set-cookie" not in reply.headers
    assert received[0]["authorization"] == f"Fleet-Worker {CLUSTER_SECRET}"
    assert received[0]["fleet-forwarded-by"] == alone.url
    assert set(received[0]) & {"cookie", "x-forwarded-for"} == set()
    assert received[0]["user-agent"] != "van"


async def test_the_owner_is_told_on_whose_behalf_it_is_asked() -> None:
    asked: list[Caller] = []

    @get(["/api/vehicles/{vehicle_id:str}", "/internal/vehicles"])
    async def answer(request: HttpRequest) -> Response[bytes]:
        asked.append(read_on_behalf_of(request.headers[ON_BEHALF_OF].encode()))
        return Response(b"{}", media_type="application/json")

    group = Group()
    async with worker(group, [], CONTENTS) as alone, bare_server(answer) as url:
        group.give(url, range(group.partitions))
        await alone.client.get("/api/vehicles/van-1")
        await alone.client.get("/api/vehicles")

    assert [(caller.name, caller.tenant) for caller in asked] == [("local", None)] * 2


async def test_an_owner_that_does_not_take_this_worker_for_one_does_not_turn_the_client_away() -> None:
    group = Group()

    @get("/api/vehicles/{vehicle_id:str}")
    async def answer() -> Response[bytes]:
        return Response(b"{}", status_code=401, media_type="application/problem+json")

    async with worker(group, [], CONTENTS) as alone, bare_server(answer) as url:
        group.give(url, range(group.partitions))
        assert_ask_again(await alone.client.get("/api/vehicles/van-1"), "owner_unreachable")


@pytest.mark.parametrize(
    "path",
    [
        "/api/vehicles/van-1",
        "/api/vehicles/van-1/trips",
        "/api/vehicles/van-1/windows",
        "/api/vehicles/van-1/track",
        "/api/vehicles",
    ],
)
async def test_any_worker_gives_an_answer_the_same_tag_and_does_not_send_it_again(pair: Pair, path: str) -> None:
    tags = {(await each.client.get(path)).headers["etag"] for each in (pair.even, pair.odd)}
    [tag] = tags
    again = [await each.client.get(path, headers={"If-None-Match": tag}) for each in (pair.even, pair.odd)]

    assert [(answer.status_code, answer.content, answer.headers["etag"]) for answer in again] == [(304, b"", tag)] * 2


async def test_an_answer_whose_partition_moves_on_while_it_is_made_is_not_given() -> None:
    reader, group = reader_of(CONTENTS), Group()

    async def answer() -> Response[bytes]:
        await asyncio.sleep(0)
        reader.membership = FakeMembership(group, reader.membership.url)
        return Response(b"late")

    with pytest.raises(ApiError, match="belongs, has moved on while it was read") as refused:
        await reader.at_owner_in_steps(RequestFactory().get("/"), "van-1", ("api",), answer)

    assert refused.value.problem.status == 503
