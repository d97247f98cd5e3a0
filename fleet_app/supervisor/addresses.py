"""Where each worker is found: the first as the settings say, every other one port further."""

from typing import Final
from urllib.parse import urlsplit, urlunsplit

from fleet_app.errors import SettingsError
from fleet_app.settings import Settings

_HIGHEST_PORT: Final = 65_535


def worker_settings(settings: Settings, number: int) -> Settings:
    """Return the settings of worker `number` (from 1): its own port and URL, and by the port its own `worker_dir`.

    Raises:
        SettingsError: There is no port left for it, or its URL would not be its own.
    """
    port = settings.port + number - 1
    if port > _HIGHEST_PORT:
        raise SettingsError(f"worker {number} would need port {port}: choose a FLEET_PORT below {settings.port}")
    return settings.model_copy(
        update={"port": port, "advertised_url": _advertised_url(settings.advertised_url, number)}
    )


def _advertised_url(url: str | None, number: int) -> str | None:
    if url is None or number == 1:
        return url
    parts = urlsplit(url)
    if parts.port is None:
        raise SettingsError(
            f"FLEET_ADVERTISED_URL {url!r} has no port, and each worker needs a URL of its own: name the first "
            "worker's port, or run one worker"
        )
    host, _, _ = parts.netloc.rpartition(":")
    return urlunsplit(parts._replace(netloc=f"{host}:{parts.port + number - 1}"))
