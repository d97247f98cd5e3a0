"""`fleet vehicles import` and `export` against a running worker."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fleet_app.domain.profiles.profile import DeviceSpan, VehicleProfile
from fleet_app.errors import InputError, WorkerError
from fleet_app.fleet_csv.commands import vehicles
from tests.ingest.fleets import worker_that_decides
from tests.web.fakes import free_port

pytestmark = pytest.mark.anyio
VAN = VehicleProfile(vehicle_id="van-7", name="Jürgen", devices=(DeviceSpan("phone-7", 5),), revision=3)
TRUCK = VehicleProfile(vehicle_id="truck-1", tenant="north", revision=1)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLEET_API_KEY", raising=False)


async def run(*arguments: str | Path) -> Result:
    """Run a command in a thread of its own, beside the worker that answers it."""
    return await asyncio.to_thread(CliRunner().invoke, vehicles, [*map(str, arguments)])


async def test_a_file_makes_and_changes_profiles_and_leaves_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "fleet.csv"
    file.write_text("vehicle_id,driver\nvan-7,Ada\nvan-8,\n")
    async with worker_that_decides(VAN, TRUCK) as (url, kafka):
        result = await run("import", file, "--url", url)

    assert (result.exit_code, result.stderr) == (0, "2 lines: 1 made, 1 changed, 0 unchanged, 0 refused, 0 undecided\n")
    sent = {change.profile.vehicle_id: change.profile for change in kafka.changes if change.profile is not None}
    assert sent["van-7"].driver == "Ada"
    assert (sent["van-7"].name, sent["van-7"].devices) == (VAN.name, VAN.devices)
    assert [change.seen_revision for change in kafka.changes] == [3, 0]


async def test_importing_a_file_twice_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "fleet.csv"
    file.write_text("vehicle_id,driver\nvan-7,Ada\nvan-8,\n")
    async with worker_that_decides(VAN) as (url, kafka):
        await run("import", file, "--url", url)
        again = await run("import", file, "--url", url)

    assert again.stderr == "2 lines: 0 made, 0 changed, 2 unchanged, 0 refused, 0 undecided\n"
    assert len(kafka.changes) == 2


async def test_what_was_exported_is_imported_elsewhere_as_the_same(tmp_path: Path) -> None:
    file = tmp_path / "fleet.csv"
    async with worker_that_decides(VAN, TRUCK) as (url, _):
        exported = await run("export", file, "--url", url)
        printed = await run("export", "--url", url)
        unchanged = await run("import", file, "--url", url)
    async with worker_that_decides() as (url, kafka):
        made = await run("import", file, "--url", url)

    assert exported.stderr == "fleet.csv: 2 profiles\n"
    assert file.read_bytes() == b"\xef\xbb\xbf" + printed.stdout_bytes
    assert "2 unchanged" in unchanged.stderr
    assert "2 made" in made.stderr
    assert [change.profile for change in kafka.changes] == [
        VehicleProfile(vehicle_id="truck-1", tenant="north"),
        VehicleProfile(vehicle_id="van-7", name="Jürgen", devices=(DeviceSpan("phone-7", 5),)),
    ]


async def test_lines_that_are_refused_are_named_and_cost_no_others(tmp_path: Path) -> None:
    file = tmp_path / "fleet.csv"
    file.write_text(
        "vehicle_id,tenant,vehicle_class,device_ids\n"
        "truck-1,south,,\n"
        "van-8,,rocket,\n"
        "van-9,,,\n"
        "van-5,,,phone-7;phone-7@2026-01-01\n"
    )
    async with worker_that_decides(VAN, TRUCK) as (url, kafka):
        result = await run("import", file, "--url", url)

    assert isinstance(result.exception, InputError)
    assert str(result.exception) == "3 of 4 lines are not done: mend them, and import the file again"
    lines = result.stderr.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        "fleet.csv, line 2",
        "fleet.csv, line 3",
        "fleet.csv, line 5",
        "4 lines",
    ]
    assert "truck-1: it is another tenant's" in lines[0]
    assert "column vehicle_class, 'rocket'" in lines[1]
    assert "van-5: devices: 'phone-7' is in twice at once" in lines[2]
    assert lines[3] == "4 lines: 1 made, 0 changed, 0 unchanged, 3 refused, 0 undecided"
    assert [change.profile for change in kafka.changes] == [VehicleProfile(vehicle_id="van-9")]


async def test_a_header_that_cannot_be_used_asks_nobody(tmp_path: Path) -> None:
    file = tmp_path / "fleet.csv"
    file.write_text("vehicle_id,colour\n")

    assert isinstance((await run("import", file, "--url", "http://127.0.0.1:1")).exception, InputError)


async def test_without_a_worker_nothing_is_imported_or_exported(tmp_path: Path) -> None:
    file = tmp_path / "fleet.csv"
    file.write_text("vehicle_id\nvan-7\n")
    url = f"http://127.0.0.1:{free_port()}"

    for arguments in (("import", file), ("export", file)):
        assert isinstance((await run(*arguments, "--url", url)).exception, WorkerError)
    assert file.read_text() == "vehicle_id\nvan-7\n"
