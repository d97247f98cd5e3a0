"""`fleet keys create|list|rotate|revoke`: API keys of a running installation."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fleet_app.domain.access.rights import Role
from fleet_app.domain.access.shown_key import ShownKey
from fleet_app.ingest.keys import DAY_S, LONGEST_OVERLAP_S, HandedOut, KeyDraft, Rotation
from fleet_app.keys.client import KeysClient
from fleet_app.settings import Settings

_url = click.option("--url", help="A running worker.  [default: the one that the settings describe]")
_expires = click.option(
    "--expires",
    "expires_at",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="When the secret ends, UTC: 2027-01-31.  [default: never]",
)


@click.group()
def keys() -> None:
    """Make, list, rotate and revoke API keys. FLEET_API_KEY is the key that this is done with."""


@keys.command()
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="What its owner may do.")
@click.option("--tenant", help="Whose it is.  [default: of whoever makes it; for the operator, all tenants]")
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="ID",
    help="Of a device key: an id that it sends positions of; once for each.",
)
@_expires
@_url
def create(  # noqa: PLR0913, PLR0917 - one per option
    name: str, role: str, tenant: str | None, devices: Sequence[str], expires_at: datetime | None, url: str | None
) -> None:
    """Make a key called NAME, and print it. It is shown this once."""
    draft = KeyDraft(
        name=name, role=Role(role), tenant=tenant, devices=tuple(devices) or None, expires_ms=_ms(expires_at)
    )
    _show(asyncio.run(_create(url, draft)))


@keys.command("list")
@_url
def list_keys(url: str | None) -> None:
    """Print the keys that there are, without their secrets."""
    console = Console()
    console.print(_table(asyncio.run(_all(url))))


@keys.command()
@click.argument("key_id")
@click.option(
    "--overlap-s",
    type=click.IntRange(0, LONGEST_OVERLAP_S),
    default=DAY_S,
    show_default=True,
    help="How long the old secret is good beside the new one; 0 ends it at once.",
)
@_expires
@_url
def rotate(key_id: str, overlap_s: int, expires_at: datetime | None, url: str | None) -> None:
    """Give the key KEY_ID another secret, and print it. It is shown this once."""
    _show(asyncio.run(_rotate(url, key_id, Rotation(overlap_s=overlap_s, expires_ms=_ms(expires_at)))))


@keys.command()
@click.argument("key_id")
@_url
def revoke(key_id: str, url: str | None) -> None:
    """Revoke the key KEY_ID: within a second it opens nothing any more."""
    asyncio.run(_revoke(url, key_id))
    click.echo(f"{key_id} is revoked", err=True)


def _client(url: str | None) -> KeysClient:
    settings = Settings.load()
    return KeysClient(url or settings.url, settings.api_key)


async def _create(url: str | None, draft: KeyDraft) -> HandedOut:
    async with _client(url) as client:
        return await client.create(draft)


async def _rotate(url: str | None, key_id: str, rotation: Rotation) -> HandedOut:
    async with _client(url) as client:
        return await client.rotate(key_id, rotation)


async def _revoke(url: str | None, key_id: str) -> None:
    async with _client(url) as client:
        await client.revoke(key_id)


async def _all(url: str | None) -> list[ShownKey]:
    async with _client(url) as client:
        return await client.all()


def _show(handed_out: HandedOut) -> None:
    """Print the key alone on the standard output, so that a script can take it."""
    shown = handed_out.api_key
    click.echo(handed_out.key)
    click.echo(f"{shown.name}: a {shown.role} key of {_tenant(shown)}. Keep it safe: it is not shown again", err=True)


def _table(shown: Iterable[ShownKey]) -> Table:
    table = Table("Key", "Name", "Role", "Tenant", "Devices", "Secrets end", box=None, pad_edge=False)
    for key in shown:
        ends = ", ".join(_instant(secret.expires_ms) for secret in key.secrets)
        # As texts, so that no name is taken for a style.
        table.add_row(*map(Text, (key.key_id, key.name, key.role, _tenant(key), ", ".join(key.devices or ()), ends)))
    return table


def _tenant(key: ShownKey) -> str:
    return "all tenants" if key.tenant is None else key.tenant


def _ms(moment: datetime | None) -> int | None:
    """Return ms since 1970 of a time without a zone, meant as UTC."""
    return None if moment is None else int(moment.replace(tzinfo=UTC).timestamp() * 1000)


def _instant(time_ms: int | None) -> str:
    return "never" if time_ms is None else datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="seconds")
