"""`fleet get` and `fleet tables` against running workers."""

import asyncio
import json

import pytest
from click.testing import CliRunner, Result

from fleet_app.errors import InputError, WorkerError
from fleet_app.web.commands import get, tables
from tests.web.fakes import CLUSTER_SECRET, KEY, VEHICLES, Pair, Visit, bare_server, free_port, two_workers

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLEET_API_KEY", raising=False)
    monkeypatch.delenv("FLEET_CLUSTER_SECRET", raising=False)
    monkeypatch.delenv("FLEET_ADVERTISED_URL", raising=False)


async def run(command: str, *arguments: str) -> Result:
    """Run a command in a thread of its own, beside the workers that answer it."""
    chosen = {"get": get, "tables": tables}[command]
    return await asyncio.to_thread(CliRunner().invoke, chosen, list(arguments))


@pytest.mark.parametrize("key", ["north/1", "süd"])
async def test_a_value_is_printed_as_json_from_any_worker(pair: Pair, key: str) -> None:
    results = [await run("get", "depots", key, "--url", worker.url) for worker in (pair.even, pair.odd)]

    assert results[0].output == results[1].output
    assert json.loads(results[0].output)["city"] in {"Kiel", "Ulm"}


async def test_the_rows_of_a_key_are_printed_as_json(pair: Pair) -> None:
    result = await run("get", "visits", "süd", "--url", pair.even.url)

    assert json.loads(result.stdout) == [{"row": 7, "value": {"gate": "out"}}]
    assert result.stderr == ""


async def test_rows_that_are_not_printed_are_told() -> None:
    rows = {("a", start): Visit("in") for start in range(201)}
    async with two_workers({"visits": rows}) as pair:
        result = await run("get", "visits", "a", "--url", pair.even.url)

    assert len(json.loads(result.stdout)) == 200
    assert "more rows follow: ask /api/tables/visits/a with cursor=" in result.stderr


async def test_the_settings_say_which_worker_is_asked(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_PORT", pair.odd.url.rpartition(":")[2])

    assert (await run("get", "depots", "süd")).exit_code == 0


async def test_the_key_of_the_settings_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_API_KEY", KEY)
    monkeypatch.setenv("FLEET_CLUSTER_SECRET", CLUSTER_SECRET)
    async with two_workers({"vehicles": VEHICLES}, api_key=KEY) as pair:
        result = await run("get", "vehicles", "van-1", "--url", pair.even.url)

    assert json.loads(result.output)["vehicle_id"] == "van-1"


async def test_tables_are_printed_with_their_partitions(pair: Pair) -> None:
    result = await run("tables", "--url", pair.even.url)

    assert f"vehicles  by vehicle_id, written by track_positions: {len(VEHICLES)} keys" in result.output
    assert pair.odd.url in result.output


async def test_tables_that_are_not_whole_say_so() -> None:
    async with two_workers({}) as pair:
        gone = f"http://127.0.0.1:{free_port()}"
        pair.group.give(gone, [3])
        result = await run("tables", "--url", pair.even.url)

    assert "? keys" in result.output
    assert f"not whole: {gone}" in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["depots", "x"], "table depots holds no key 'x'"), (["trips", "x"], "there is no table 'trips'")],
)
async def test_what_does_not_exist_is_an_input_error(pair: Pair, arguments: list[str], told: str) -> None:
    result = await run("get", *arguments, "--url", pair.even.url)

    assert isinstance(result.exception, InputError)
    assert told in str(result.exception)


async def test_no_worker_is_a_worker_error_that_says_what_to_do() -> None:
    result = await run("tables", "--url", f"http://127.0.0.1:{free_port()}")

    assert isinstance(result.exception, WorkerError)
    assert "start one with `fleet up`, or name one with --url" in str(result.exception)


async def test_a_missing_key_is_told() -> None:
    async with two_workers({}, api_key=KEY) as pair:
        result = await run("tables", "--url", pair.even.url)

    assert isinstance(result.exception, WorkerError)
    assert "answered 401: send the header" in str(result.exception)


async def test_a_server_that_is_no_worker_is_told() -> None:
    async with bare_server() as url:
        result = await run("tables", "--url", url)

    assert isinstance(result.exception, WorkerError)
    assert "is this the right --url?" in str(result.exception)
