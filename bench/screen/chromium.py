"""How a Chromium is found, and started so that it asks nobody but us and needs no graphics card, as root too."""

from shutil import which
from typing import Final

FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)


def on_the_path() -> str | None:
    """Return the machine's own Chromium, under whichever name."""
    return which("chromium") or which("chromium-browser") or which("google-chrome")
