"""`fleet vehicles import` and `export`: the profiles of a fleet as a table for spreadsheets."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import click
import msgspec

from fleet_app.domain.profiles.profile import VehicleProfile
from fleet_app.errors import InputError
from fleet_app.fleet_csv.client import ProfilesClient
from fleet_app.fleet_csv.table import COLUMNS, BadLine, ProfileRow, merged, read_profiles, write_profiles
from fleet_app.ingest.profiles_import import Became, ImportedProfile, is_same
from fleet_app.settings import Settings

_url = click.option("--url", help="A running worker.  [default: the one that the settings describe]")
_HELP: Final = f"""Make and change profiles from a CSV FILE: one vehicle a line, the first line names the columns.

Columns: {", ".join(COLUMNS)}. Only vehicle_id is needed; what a column that is not there would tell stays as it is, an
empty cell clears. Lists are separated by semicolons; device_ids may say from and until when, in ISO 8601:
phone-7@2026-01-31T12:00:00Z/2026-03-01T00:00:00Z. Vehicles that are not in the file stay as they are.

Importing a file twice changes nothing. Lines that are refused are named, and cost no others; exit code 7 then.
"""


@click.group()
def vehicles() -> None:
    """Import and export the profiles of vehicles."""


@vehicles.command("import", help=_HELP)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_url
def import_file(file: Path, url: str | None) -> None:
    """Make and change profiles from a CSV file; what it takes is told in the command's help."""
    rows = read_profiles(file.read_bytes())
    settings = Settings.load()
    became = asyncio.run(_import([row for row in rows if isinstance(row, ProfileRow)], url or settings.url, settings))
    bad = [row for row in rows if isinstance(row, BadLine)]
    refused = sorted([*bad, *_refused(became)], key=lambda line: line.line)
    for line in refused:
        click.echo(f"{file.name}, line {line.line}: {line.problem}", err=True)
    counted = Counter(one.became for _, one in became)
    counted[Became.REFUSED] += len(bad)
    told = ", ".join(f"{counted[each]} {each}" for each in Became)
    click.echo(f"{len(rows)} lines: {told}", err=True)
    if refused:
        raise InputError(f"{len(refused)} of {len(rows)} lines are not done: mend them, and import the file again")


@vehicles.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@_url
def export(file: Path | None, url: str | None) -> None:
    """Write all profiles to a CSV FILE, or to the standard output, as `import` reads them."""
    settings = Settings.load()
    profiles = asyncio.run(_all(url or settings.url, settings))
    content = write_profiles(profiles.values()).encode()
    if file is None:
        sys.stdout.buffer.write(content)
        return
    # With the mark that tells spreadsheets that it is UTF-8.
    file.write_bytes(b"\xef\xbb\xbf" + content)
    click.echo(f"{file.name}: {len(profiles)} profiles", err=True)


async def _all(url: str, settings: Settings) -> dict[str, VehicleProfile]:
    async with ProfilesClient(url, settings.api_key) as client:
        return await client.all()


async def _import(rows: Sequence[ProfileRow], url: str, settings: Settings) -> list[tuple[ProfileRow, ImportedProfile]]:
    """Change what rows say that is not so yet, and return what became of each."""
    async with ProfilesClient(url, settings.api_key) as client:
        there = await client.all()
        wanted = [merged(row, there.get(row.vehicle_id)) for row in rows]
        changes = [profile for profile in wanted if not is_same(there.get(profile.vehicle_id), profile)]
        changed = {one.vehicle_id: one for one in _named(changes, await client.put_all(changes))}
    return [
        (row, changed.get(row.vehicle_id) or _unchanged(profile)) for row, profile in zip(rows, wanted, strict=True)
    ]


def _named(profiles: Iterable[VehicleProfile], became: Iterable[ImportedProfile]) -> Iterable[ImportedProfile]:
    """Return what became of profiles, each under its vehicle's id, whether it could be read that far or not."""
    return (
        msgspec.structs.replace(one, vehicle_id=profile.vehicle_id)
        for profile, one in zip(profiles, became, strict=True)
    )


def _unchanged(profile: VehicleProfile) -> ImportedProfile:
    return ImportedProfile(
        index=0,
        vehicle_id=profile.vehicle_id,
        became=Became.UNCHANGED,
        revision=profile.revision,
        detail=None,
    )


def _refused(became: Iterable[tuple[ProfileRow, ImportedProfile]]) -> Iterable[BadLine]:
    for row, one in became:
        if one.became is Became.REFUSED:
            yield BadLine(row.line, f"{row.vehicle_id}: {one.detail}")
        if one.became is Became.UNDECIDED:
            yield BadLine(row.line, f"{row.vehicle_id}: sent, and not decided yet: import the file again to see")
