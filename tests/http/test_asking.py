"""Commands ask a running worker."""

import pytest
from litestar import Response, get
from pydantic import SecretStr

from fleet_app.errors import FleetError, InputError, WorkerError
from fleet_app.http.asking import AskedWorker
from tests.web.fakes import KEY, PARTITIONS, Group, bare_server, free_port, worker

pytestmark = pytest.mark.anyio


async def test_the_key_is_sent() -> None:
    async with worker(Group(), range(PARTITIONS), {}, api_key=KEY) as parts:
        async with AskedWorker(f"{parts.url}/", SecretStr(KEY)) as asked:
            answer = await asked.ask("GET", "/api/keys", query={"limit": "7"})
        async with AskedWorker(parts.url, None) as stranger:
            with pytest.raises(WorkerError, match="answered 401: "):
                await stranger.ask("GET", "/api/keys")

    assert answer == b'{"items":[],"next":null}'


async def test_no_worker_is_told_with_what_to_do() -> None:
    async with AskedWorker(f"http://127.0.0.1:{free_port()}", None) as asked:
        with pytest.raises(WorkerError, match="start one with `fleet up`, or name one with --url"):
            await asked.ask("GET", "/api/keys")


@get("/api/keys")
async def answer_otherwise() -> Response[str]:
    return Response("teapot", status_code=418)


async def test_something_else_at_the_url_is_told() -> None:
    async with bare_server(answer_otherwise) as url, AskedWorker(url, None) as asked:
        with pytest.raises(WorkerError, match=r"answered 418: not as a worker does: is this the right --url\?"):
            await asked.ask("GET", "/api/keys")


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/api/keys/nobodys", InputError),
        ("GET", "/api/keys?limit=0", InputError),
        ("DELETE", "/api/tables", WorkerError),
    ],
)
async def test_a_refusal_is_told_as_whoevers_fault_it_is(method: str, path: str, kind: type[FleetError]) -> None:
    async with worker(Group(), range(PARTITIONS), {}) as parts, AskedWorker(parts.url, None) as asked:
        with pytest.raises(kind, match="answered 4"):
            await asked.ask(method, path)
