"""`fleet keys` against a running worker."""

import asyncio

import pytest
from click.testing import CliRunner, Result

from fleet_app.domain.access.rights import Role
from fleet_app.errors import WorkerError
from fleet_app.keys.commands import keys
from tests.ingest.keyrings import worker_that_keeps_keys
from tests.web.fakes import CLUSTER_SECRET, KEY, free_port
from tests.web.keys import api_key, device_key

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _the_operators_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_API_KEY", KEY)
    monkeypatch.setenv("FLEET_CLUSTER_SECRET", CLUSTER_SECRET)
    monkeypatch.setenv("COLUMNS", "160")


async def run(*arguments: str) -> Result:
    """Run a command in a thread of its own, beside the worker that answers it."""
    return await asyncio.to_thread(CliRunner().invoke, keys, [*arguments])


async def test_a_made_key_stands_alone_on_the_standard_output() -> None:
    async with worker_that_keeps_keys(api_key=KEY) as (url, installation):
        made = await run("create", "Wallboard", "--role", "viewer", "--tenant", "north", "--url", url)

    assert (made.exit_code, made.stdout) == (0, "id-1.secret-1\n")
    assert made.stderr == "Wallboard: a viewer key of north. Keep it safe: it is not shown again\n"
    assert installation.caller("id-1.secret-1") is not None


async def test_a_device_key_names_its_devices_and_may_end_by_itself() -> None:
    arguments = ("create", "Phones", "--role", "device", "--device", "phone-7", "--device", "van 9")
    async with worker_that_keeps_keys(api_key=KEY) as (url, installation):
        made = await run(*arguments, "--expires", "2033-05-18", "--url", url)

    key = installation.keyring.get("id-1")
    assert (made.exit_code, "of all tenants" in made.stderr) == (0, True)
    assert key is not None
    assert (key.devices, key.secrets[0].expires_ms) == (("phone-7", "van 9"), 1_999_987_200_000)


async def test_a_rotated_keys_old_secret_is_good_for_as_long_as_is_said() -> None:
    async with worker_that_keeps_keys(api_key("office", Role.ADMIN)) as (url, installation):
        rotated = await run("rotate", "office", "--overlap-s", "60", "--url", url)

    key = installation.keyring.get("office")
    assert rotated.stdout == "office.secret-1\n"
    assert key is not None
    assert [secret.expires_ms for secret in key.secrets] == [installation.now_ms + 60_000, None]


async def test_a_revoked_key_is_gone() -> None:
    async with worker_that_keeps_keys(api_key("office", Role.ADMIN)) as (url, installation):
        revoked = await run("revoke", "office", "--url", url)

    assert (revoked.exit_code, revoked.stderr) == (0, "office is revoked\n")
    assert len(installation.keyring) == 0


async def test_keys_are_listed_with_what_they_are_for() -> None:
    office = api_key("office", Role.ADMIN, "north")
    phones = device_key("phones", "phone-7", "van-9")
    async with worker_that_keeps_keys(office, phones) as (url, _):
        listed = await run("list", "--url", url)

    rows = [line.split() for line in listed.stdout.splitlines()]
    assert rows == [
        ["Key", "Name", "Role", "Tenant", "Devices", "Secrets", "end"],
        ["office", "office", "admin", "north", "never"],
        ["phones", "phones", "device", "all", "tenants", "phone-7,", "van-9", "never"],
    ]


@pytest.mark.parametrize(
    "arguments", [("create", "X", "--role", "viewer"), ("list",), ("rotate", "k"), ("revoke", "k")]
)
async def test_without_a_worker_nothing_is_done(arguments: tuple[str, ...]) -> None:
    done = await run(*arguments, "--url", f"http://127.0.0.1:{free_port()}")

    assert isinstance(done.exception, WorkerError)
